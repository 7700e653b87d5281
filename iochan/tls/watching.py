"""Noticing that the files of a directory changed, by looking when it matters."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TypeAlias

__all__ = ["DirectoryStamp", "stamp"]

DirectoryStamp: TypeAlias = tuple[tuple[object, ...], ...]
"""Of each file of credentials its name, inode, size, times of change, and whether these are reliable."""

_SUFFIXES = (".der", ".pem", ".psk")
_SETTLED_NS = 2_000_000_000
"""So long after its last change a file's time tells reliably whether it changes again: file systems have
clocks of up to two seconds. A stamp differs once more when that time has passed."""


def stamp(directory: Path) -> DirectoryStamp:
    """Return what changes with the files of *directory*; empty when it cannot be read."""
    now = time.time_ns()
    found = []
    try:
        for path in sorted(directory.iterdir()):
            if path.suffix in _SUFFIXES:
                seen = path.stat()
                settled = abs(now - seen.st_ctime_ns) >= _SETTLED_NS
                times = (seen.st_mtime_ns, seen.st_ctime_ns)
                found.append((path.name, seen.st_ino, seen.st_size, *times, settled))
    except OSError:
        return ()
    return tuple(found)
