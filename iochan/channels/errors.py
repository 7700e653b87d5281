"""Errors of the channels' own."""

from __future__ import annotations

from iochan.core.errors import ChannelError

__all__ = ["ListenError"]


class ListenError(ChannelError, OSError):
    """Nothing can listen at an address; `errno` says why where the kernel did."""

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(message)
        self.errno = number
