"""Parsing without waiting: a parser says how many bytes it needs, and goes on when they are there.

A parser is a generator: ``head = yield 4`` gives it exactly 4 bytes. So the same one serves a blocking
client, an event loop and a fuzzer, and a message may come in any pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Generic, TypeVar

from iochan.core.buffers import Buffer
from iochan.core.bytequeue import ByteQueue

__all__ = ["MAX_NEED", "Feed", "Need"]

T = TypeVar("T")

Need = Generator[int, bytes, T]
"""A parser: yields how many bytes it needs, at most `MAX_NEED`; returns what they mean."""

MAX_NEED = 1 << 20
"""The most bytes that a parser asks for at once, so the most that are kept of what is not parsed."""


class Feed(Generic[T]):
    """Runs one parser after the other over bytes as they come.

    Args:
        parse: Begins the parser of the next message.
    """

    __slots__ = ("_need", "_parse", "_parser", "_queue")

    def __init__(self, parse: Callable[[], Need[T]]) -> None:
        self._parse = parse
        self._parser: Need[T] | None = None
        self._queue = ByteQueue()
        self._need = 0

    @property
    def between(self) -> bool:
        """Whether the stream may end here: no message has begun."""
        return self._parser is None and not self._queue

    @property
    def held(self) -> int:
        """How many bytes wait to be parsed."""
        return len(self._queue)

    def put(self, data: Buffer) -> None:
        """Take a copy of *data* from the peer."""
        self._queue.put(data)

    def next(self) -> T | None:
        """Return the next message, or None when more bytes are needed for it.

        Raises:
            RfbError: The bytes are no message. The feed is of no use any more.
        """
        queue = self._queue
        if self._parser is None:
            if not queue:
                return None
            self._parser = self._parse()
            self._need = next(self._parser)
        send = self._parser.send
        try:
            while len(queue) >= self._need:
                self._need = send(queue.take(self._need))
        except StopIteration as stop:
            self._parser = None
            message: T = stop.value
            return message
        return None
