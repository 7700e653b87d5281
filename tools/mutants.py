"""Break the core on purpose, one way after another, and see the contract suites go red.

A suite that stays green over a broken pump proves nothing. Each mutant is made in a copy of the tree;
the exit status is 0 only if each was caught.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

__all__ = ["MUTANTS", "Mutant", "main", "mutate"]

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 300.0
"""A suite that hangs over a mutant has caught it too."""


class Mutant(NamedTuple):
    """One fault: *what* it is, and the text in *path* that is replaced."""

    what: str
    path: str
    old: str
    new: str


MUTANTS = (
    Mutant(
        "what the channel below did not take is lost",
        "iochan/core/codeclayer.py",
        'self._owed = (memoryview(b"".join(views)),)',
        "self._owed = ()",
    ),
    Mutant(
        "ready() looks only below, not at what the codec holds",
        "iochan/core/codeclayer.py",
        "if not self.codec.starved and Condition.IN in condition:",
        "if False:",
    ),
    Mutant(
        "a reader that starves forgets what is owed",
        "iochan/core/codeclayer.py",
        "if self._owed or codec.has_output:\n                    with lock:",
        "if False:\n                    with lock:",
    ),
    Mutant(
        "writes encode before what is owed has gone: a queue without a bound",
        "iochan/core/codeclayer.py",
        'self._owed = (memoryview(b"".join(views)),)',
        'self._owed = (memoryview(b"".join([*self._owed, *views])),)',
    ),
    Mutant(
        "the end of writing does not wait for what is owed",
        "iochan/core/codeclayer.py",
        "self._say_goodbye()\n        yield from self._push_op()",
        "self._say_goodbye()\n        yield from ()",
    ),
    Mutant(
        "one waiter a descriptor, as asyncio has it",
        "iochan/aio/hub.py",
        "self.readers.append(waiter)",
        "self.readers = [waiter]",
    ),
)


def mutate(mutant: Mutant, tree: Path) -> None:
    """Put *mutant* into the copy at *tree*.

    Raises:
        SystemExit: The text it replaces is gone: the mutant has to follow the code.
    """
    file = tree / mutant.path
    text = file.read_text()
    if mutant.old not in text:
        raise SystemExit(f"{mutant.path} has no text {mutant.old!r}: change the mutant, which speaks of it")
    if "encode before" in mutant.what:
        text = text.replace("if (self._owed or self.codec.has_output) and", "if False and")
        text = text.replace("if (self._owed or codec.has_output) and", "if False and")
    file.write_text(text.replace(mutant.old, mutant.new))


def _caught(tree: Path) -> str:
    """Return the first test that went red over *tree*, empty if none did."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/contract"]
    command += ["tests/core", "tests/aio", "--no-header", "--tb=no"]
    try:
        ran = subprocess.run(  # noqa: S603 - our own interpreter and tests
            command,
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env=dict(os.environ),
        )
    except subprocess.TimeoutExpired:
        return f"no end within {SECONDS:.0f} s"
    if ran.returncode == 0:
        return ""
    red = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED tests", "ERROR tests"))]
    if not red:
        raise SystemExit(f"the suite did not run over the mutant:\n{ran.stdout}{ran.stderr}")
    return red[0]


def main() -> int:
    """Make each mutant, print what caught it, and return 1 if one lived."""
    lived = 0
    for number, mutant in enumerate(MUTANTS, 1):
        with tempfile.TemporaryDirectory() as place:
            tree = Path(place) / "tree"
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "build", "corpus", "_build"))
            mutate(mutant, tree)
            caught = _caught(tree)
        print(f"{number}. {mutant.what}: {caught or 'LIVED'}", flush=True)
        lived += not caught
    return 1 if lived else 0


if __name__ == "__main__":
    sys.exit(main())
