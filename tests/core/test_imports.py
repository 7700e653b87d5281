"""The core needs the standard library and typing_extensions, and nothing else."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import iochan.core

ALLOWED = sys.stdlib_module_names | {"iochan", "typing_extensions"}
MODULES = sorted(Path(iochan.core.__path__[0]).glob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the top-level packages that the module at *path* imports, wherever in it the import stands."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_core_module_imports_no_third_party(path: Path) -> None:
    assert imported(path) <= ALLOWED
