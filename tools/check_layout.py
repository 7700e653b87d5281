"""Refuse a module that is too long, or that has no tests of its own.

``iochan/tls/codec.py`` is tested by ``tests/tls/test_codec.py``, ``iochan_ext/nettle/hash.py`` by
``tests/ext/nettle/test_hash.py``. What is tested elsewhere stands in `COVERED_BY`, with the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

MAX_LINES = 400

TESTS_OF = {"iochan": "tests", "iochan_ext": "tests/ext"}

LONG: Mapping[str, str] = {}
"""Modules over `MAX_LINES`, each with the reason why it cannot be cut."""

COVERED_BY: Mapping[str, tuple[str, str]] = {}
"""Modules without a test module of the same name: the test that covers each, and the reason."""


def own_test(module: str) -> str:
    """Return the test module that mirrors *module*."""
    package, *folders, name = module.split("/")
    return "/".join([TESTS_OF[package], *folders, f"test_{name}"])


def complaints(
    root: Path, long: Mapping[str, str] = LONG, covered_by: Mapping[str, tuple[str, str]] = COVERED_BY
) -> Iterator[str]:
    """Yield what is wrong with the tree at *root*, and with the two tables of exceptions."""
    files = sorted(path for package in TESTS_OF for path in (root / package).rglob("*.py"))
    modules = {path.relative_to(root).as_posix(): path for path in files}
    for module, path in modules.items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES and module not in long:
            yield f"{module}: {lines} lines, over {MAX_LINES}: split it by concept"
        if path.name.startswith("__"):
            continue
        test = covered_by[module][0] if module in covered_by else own_test(module)
        if not (root / test).is_file():
            yield f"{module}: no {test}: write it, or say in COVERED_BY what covers the module"
    for module in sorted((long.keys() | covered_by.keys()) - modules.keys()):
        yield f"{module}: listed as an exception, but there is no such module: drop the entry"


if __name__ == "__main__":
    sys.exit("\n".join(complaints(Path.cwd())) or None)
