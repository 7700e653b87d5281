"""Bare descriptors that drivers can watch, for what is no channel."""

from __future__ import annotations

import os
from collections.abc import Callable

from iochan.core.blocked import Pollable

__all__ = ["Bell", "Descriptor"]


class Descriptor:
    """A descriptor to wait for; it implements `iochan.core.blocked.Pollable`."""

    __slots__ = ("_fd", "_forgets")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._forgets: set[Callable[[Pollable], None]] = set()

    def fileno(self) -> int:
        """Return the descriptor, or -1 once it is released."""
        return self._fd

    def on_close(self, forget: Callable[[Pollable], None]) -> None:
        """Have *forget* called before the descriptor is closed."""
        self._forgets.add(forget)

    def release(self) -> int:
        """Tell the drivers that it goes away, and return it for its owner to close; -1 if that was done."""
        forgets, self._forgets = self._forgets, set()
        for forget in forgets:
            forget(self)
        fd, self._fd = self._fd, -1
        return fd


class Bell(Descriptor):
    """Becomes readable when it is rung, for all who wait and for ever; any thread may ring it."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))

    def ring(self) -> None:
        """Wake who waits; not after `close`."""
        os.eventfd_write(self._fd, 1)

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        fd = self.release()
        if fd >= 0:
            os.close(fd)
