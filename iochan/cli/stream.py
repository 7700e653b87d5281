"""Files and standard input read in pieces, with a progress bar on a terminal when there is much to read."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

__all__ = ["PIECE", "open_input", "pieces"]

PIECE: Final = 1 << 20
"""Bytes of a piece: memory does not depend on the size of a file."""

_LARGE: Final = 256 << 20
"""A file of so many bytes takes long enough for a progress bar."""


@contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """Open the file *name*, or standard input for ``-``."""
    if name == "-":
        yield sys.stdin.buffer
    else:
        with Path(name).open("rb") as file:
            yield file


def pieces(file: BinaryIO, name: str) -> Iterator[memoryview]:
    """Yield what *file* has in pieces of at most `PIECE` bytes, each valid until the next one."""
    facts = os.fstat(file.fileno())
    size = facts.st_size if stat.S_ISREG(facts.st_mode) else None
    console = Console(stderr=True)
    shown = console.is_terminal and (size is None or size >= _LARGE)
    columns = TextColumn("{task.description}", markup=False), DownloadColumn(), TransferSpeedColumn()
    room = memoryview(bytearray(PIECE))
    with Progress(*columns, console=console, transient=True, disable=not shown) as progress:
        task = progress.add_task(name, total=size)
        while got := file.readinto(room):  # type: ignore[attr-defined] # raw files and buffered ones have it
            yield room[:got]
            progress.advance(task, got)
