"""The mutants must speak of the code as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.mutants import MUTANTS, ROOT, Mutant, mutate


def _copy(mutant: Mutant, tree: Path) -> Path:
    copy = tree / mutant.path
    copy.parent.mkdir(parents=True)
    shutil.copy(ROOT / mutant.path, copy)
    return copy


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_each_mutant_changes_code_that_still_compiles(mutant: Mutant, tmp_path: Path) -> None:
    copy = _copy(mutant, tmp_path)
    before = copy.read_text()
    mutate(mutant, tmp_path)
    after = copy.read_text()
    assert after != before
    compile(after, str(copy), "exec")


def test_a_mutant_whose_text_is_gone_says_so(tmp_path: Path) -> None:
    mutant = MUTANTS[0]._replace(old="no such text")
    _copy(mutant, tmp_path)
    with pytest.raises(SystemExit, match="has no text 'no such text'"):
        mutate(mutant, tmp_path)
