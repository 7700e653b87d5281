"""Every fuzz target holds for its seeds, for every past finding, and for a few plain inputs."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[1] / "fuzz"
TARGETS = sorted(path.stem for path in (FUZZ / "targets").glob("*.py"))
KEPT = [(path.parent.name, path) for path in sorted((FUZZ / "corpus").glob("*/*"))]
PLAIN = {"empty": b"", "zero": b"\0", "text": b"hello\r\n", "high": bytes(range(256)), "long": b"x" * 5000}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_a_target_holds_for_plain_input(target: str, data: bytes) -> None:
    importlib.import_module(f"fuzz.targets.{target}").one_input(data)


@pytest.mark.parametrize(("target", "path"), KEPT, ids=[f"{target}-{path.name}" for target, path in KEPT])
def test_a_target_holds_for_its_corpus(target: str, path: Path) -> None:
    importlib.import_module(f"fuzz.targets.{target}").one_input(path.read_bytes())


def test_every_corpus_has_its_target() -> None:
    assert {target for target, _ in KEPT} <= set(TARGETS)
