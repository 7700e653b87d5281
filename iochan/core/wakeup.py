"""Waking a driver that sleeps in the kernel because of something that happens in memory."""

from __future__ import annotations

import os
import sys
from typing import Final

from iochan.core.blocked import Blocked
from iochan.core.end import End

__all__ = ["Wakeup"]

_ONE: Final = (1).to_bytes(8, sys.byteorder)


class Wakeup:
    """A condition that somebody may wait for, with a descriptor that is readable while it holds.

    There is no descriptor before the first wait. The owner's lock orders the calls.
    """

    __slots__ = ("_armed", "_end", "_notify")

    def __init__(self) -> None:
        self._armed = False
        self._end: End | None = None
        self._notify: End | None = None

    def arm(self) -> Blocked:
        """Return the wait for the condition, which does not hold now."""
        if self._end is None:
            self._open()
        elif not self._armed:
            self._end.file.read(len(_ONE))
        assert self._end is not None
        self._armed = True
        return self._end.blocked_in

    def fire(self) -> None:
        """Wake who waits: the condition holds now. Without a wait it costs nothing."""
        if self._armed and self._notify is not None:
            self._armed = False
            self._notify.file.write(_ONE)

    def close(self) -> None:
        """Wake who waits, and give the descriptor back; a second call does nothing."""
        self._armed = False
        for end in (self._end, self._notify):
            if end is not None:
                end.close()

    def _open(self) -> None:
        if sys.platform == "linux":
            fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
            self._end = self._notify = End(fd, reads=True, writes=True)
        else:
            read_fd, write_fd = os.pipe()
            os.set_blocking(read_fd, False)
            self._end = End(read_fd, reads=True, writes=False)
            self._notify = End(write_fd, reads=False, writes=True)
