"""The file of session keys for Wireshark."""

from __future__ import annotations

import os
from pathlib import Path

from iochan.core.errors import CredsError

__all__ = ["add_line", "check_keylog"]


def check_keylog(path: Path) -> None:
    """Make *path*, for this user only, unless it is there.

    Raises:
        CredsError: It cannot be written.
    """
    try:
        os.close(_open(path))
    except OSError as error:
        message = f"{path}: no keys can be written there ({error.strerror}): name another file"
        raise CredsError(message) from error


def add_line(path: Path, line: bytes) -> None:
    """Add *line* to the file *path*; if it is gone, the sessions go on without."""
    try:
        descriptor = _open(path)
    except OSError:
        return
    with os.fdopen(descriptor, "ab") as file:
        file.write(line + b"\n")


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
