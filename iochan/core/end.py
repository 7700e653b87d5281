"""Descriptors as channels and wake-ups hold them: owned, closed once, and something to poll."""

from __future__ import annotations

import fcntl
import io
import os
import select
import stat
from collections.abc import Callable
from typing import Final

from iochan.core.blocked import Blocked, Pollable
from iochan.core.condition import Condition

__all__ = ["IOV_MAX", "End", "directions", "watchable"]

IOV_MAX: Final = 1024
"""The most buffers that one system call takes."""

_MODES = {(True, False): "rb", (False, True): "wb", (True, True): "r+b"}


def directions(fd: int) -> tuple[bool, bool]:
    """Return whether *fd* can be read, and whether it can be written, by how it was opened."""
    access = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
    return access != os.O_WRONLY, access != os.O_RDONLY


def watchable(fd: int) -> bool:
    """Tell whether the kernel can say when *fd* is ready.

    It cannot where that is always so: regular files, block devices, and devices such as
    ``/dev/null``, which ``epoll(7)`` refuses.
    """
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode) or stat.S_ISBLK(mode) or stat.S_ISDIR(mode):
        return False
    if not stat.S_ISCHR(mode) or not hasattr(select, "epoll"):
        return True
    with select.epoll() as probe:
        try:
            probe.register(fd, 0)
        except PermissionError:
            return False
    return True


class End:
    """One descriptor of a channel that may have two.

    One that is dropped without `close` is closed with a `ResourceWarning`, as files of Python are.

    Args:
        fd: The descriptor, owned from now on.
        reads: Whether it is for reading.
        writes: Whether it is for writing.

    Attributes:
        fd: The descriptor, -1 once closed.
        file: The same; its ``readinto`` and ``write`` return None for «not now».
        blocked_in: What a read that would block returns.
        blocked_out: What a write that would block returns.
    """

    __slots__ = ("__weakref__", "_forgets", "blocked_in", "blocked_out", "fd", "file")

    def __init__(self, fd: int, *, reads: bool, writes: bool) -> None:
        self.file = io.FileIO(fd, _MODES[reads, writes])
        self.fd = fd
        self.blocked_in = Blocked(((self, Condition.IN),))
        self.blocked_out = Blocked(((self, Condition.OUT),))
        self._forgets: set[Callable[[Pollable], None]] = set()

    def fileno(self) -> int:
        """Return the descriptor, or -1 once closed."""
        return self.fd

    def on_close(self, forget: Callable[[Pollable], None]) -> None:
        """Have *forget* called just before the descriptor is closed (see `Pollable`)."""
        self._forgets.add(forget)

    def close(self) -> None:
        """Tell the drivers, then close the descriptor; a second call does nothing."""
        if self.fd >= 0:
            forgets, self._forgets = self._forgets, set()
            for forget in forgets:
                forget(self)
            self.fd = -1
            self.file.close()
