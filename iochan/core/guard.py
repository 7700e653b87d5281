"""One reader and one writer at a time: a second one is refused, not queued.

The marks are plain attributes of the channel (`Primitives.reading`, `Primitives.writing`), set
without a lock: they find misuse, they don't order threads. A closed channel keeps both set, so
that no verb has to ask twice.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iochan.core.primitives import Primitives

__all__ = ["ReadGuard", "WriteGuard"]


class ReadGuard:
    """Is the one reader of a channel for the length of a ``with`` block.

    Hot verbs set `Primitives.reading` by hand instead: a ``with`` costs as much as a small read.
    """

    __slots__ = ("_channel",)

    def __init__(self, channel: Primitives) -> None:
        self._channel = channel

    def __enter__(self) -> None:
        if self._channel.reading:
            self._channel.refuse("reader")
        self._channel.reading = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.reading = self._channel.closed


class WriteGuard:
    """Is the one writer of a channel for the length of a ``with`` block."""

    __slots__ = ("_channel",)

    def __init__(self, channel: Primitives) -> None:
        self._channel = channel

    def __enter__(self) -> None:
        if self._channel.writing:
            self._channel.refuse("writer")
        self._channel.writing = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.writing = self._channel.closed
