"""Refuse a statement that makes an operation and drops it.

``channel.flush_op()`` on a line of its own only builds a generator: nothing runs, and no type checker sees
it. A plain ``yield channel.flush_op()`` hands the driver a generator where it expects a `Blocked`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

RUNNERS = frozenset({"run_op"})
"""Functions that run an operation, whatever their name ends in: the drivers of the tests."""

FOLDERS = ("iochan", "iochan_ext", "tests", "fuzz", "benchmarks", "examples", "docs")


def op_called(node: ast.expr | None) -> str | None:
    """Return the name of the operation that *node* calls, or None when it calls none."""
    if not isinstance(node, ast.Call):
        return None
    name = ast.unparse(node.func).rpartition(".")[2]
    return name if name.endswith("_op") and name not in RUNNERS else None


def dropped(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the message of each operation in *source* that nobody runs."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and (name := op_called(node.value)):
            yield node.lineno, f"{name}(...) is dropped: run it, or put yield from before it"
        if isinstance(node, ast.Yield) and (name := op_called(node.value)):
            yield node.lineno, f"{name}(...) is yielded itself: write yield from"


def complaints(root: Path) -> Iterator[str]:
    """Yield what is wrong in the Python files below *root*."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            for line, message in dropped(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(root)}:{line}: {message}"


if __name__ == "__main__":
    sys.exit("\n".join(complaints(Path.cwd())) or None)
