"""Descriptors on their way from one process to another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from iochan.core.errors import DescriptorError

__all__ = ["MAX_FDS", "FdBox", "OwnedFd"]

MAX_FDS = 253
"""The most descriptors that Linux carries in one message (``SCM_MAX_FD``)."""


class OwnedFd:
    """A descriptor with one owner; it is closed when the owner leaves the ``with`` block."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        """Return the descriptor, or -1 once it is closed or detached."""
        return self._fd

    def detach(self) -> int:
        """Return the descriptor, which belongs to the caller from now on."""
        fd, self._fd = self._fd, -1
        return fd

    def close(self) -> None:
        """Close the descriptor; a second call does nothing."""
        fd = self.detach()
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FdBox:
    """Takes the descriptors that a read receives, and closes what nobody took.

    Args:
        limit: How many descriptors the box takes at most, over all reads. More than that coming
            is an error, and all that came with that message are closed.

    Raises:
        ValueError: *limit* is not between 1 and 253.
    """

    __slots__ = ("_fds", "limit")

    def __init__(self, limit: int = MAX_FDS) -> None:
        if not 1 <= limit <= MAX_FDS:
            message = f"a box for {limit} descriptors: between 1 and {MAX_FDS} can come at once"
            raise ValueError(message)
        self.limit = limit
        self._fds: list[int] = []

    def __len__(self) -> int:
        return len(self._fds)

    @property
    def room(self) -> int:
        """How many more descriptors the box takes."""
        return self.limit - len(self._fds)

    def put(self, fds: Sequence[int]) -> None:
        """Take over *fds*, or close them all.

        Raises:
            DescriptorError: They are more than there is room for.
        """
        if len(fds) + len(self._fds) > self.limit:
            for fd in fds:
                os.close(fd)
            message = (
                f"{len(fds)} descriptors came and the box has room for {self.room} of {self.limit}: "
                "all that came are closed; use a larger FdBox"
            )
            raise DescriptorError(message)
        self._fds += fds

    def take(self) -> int:
        """Return the descriptor that came first; it is the caller's from now on, close-on-exec.

        Raises:
            DescriptorError: The box is empty.
        """
        if not self._fds:
            message = "no descriptor came: the box is empty"
            raise DescriptorError(message)
        return self._fds.pop(0)

    def take_all(self) -> list[int]:
        """Return all descriptors in the order they came; they are the caller's from now on."""
        fds, self._fds = self._fds, []
        return fds

    def close(self) -> None:
        """Close what was not taken."""
        for fd in self.take_all():
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
