"""Reading ahead: few large reads below serve many small ones above, and bytes can be looked at."""

from __future__ import annotations

from typing import Final

from typing_extensions import override

from iochan.address.value import Count, as_count
from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, Flat, Room, Views, as_view, scatter, total
from iochan.core.bytequeue import ByteQueue
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import LimitExceeded, UnexpectedEOF, show_bytes
from iochan.core.fd import FdBox
from iochan.core.feature import Feature, ReadFlag
from iochan.core.guard import ReadGuard
from iochan.core.layer import Layer
from iochan.core.op import Op, run
from iochan.core.scratch import SCRATCH_SIZE, borrow, give_back

__all__ = ["DEFAULT_SIZE", "BufferedLayer", "buffered"]

DEFAULT_SIZE: Final = 65536
"""How many bytes a buffered channel holds, unless it is told."""

_PEEK: Final = ReadFlag.PEEK
_RELAXED: Final = ReadFlag.RELAXED_EOF


class BufferedLayer(Layer):
    """Holds up to *size* bytes that came before anybody asked for them; gives `Feature.PEEK`.

    A read that is at least as large as the buffer goes past it. Writes are handed on as they are:
    `Channel.set_cork` gathers those.

    Args:
        lower: The channel below, owned from now on.
        size: The most bytes to hold, at most `SCRATCH_SIZE`; also the longest line.
        name: What messages call the layer.
    """

    __slots__ = ("_queue", "size")

    def __init__(self, lower: Channel, size: int = DEFAULT_SIZE, name: str = "buffered") -> None:
        if not 1 <= size <= SCRATCH_SIZE:
            message = f"a buffer of {size} bytes: it must have between 1 and {SCRATCH_SIZE}"
            raise ValueError(message)
        super().__init__(lower, name)
        self.features |= Feature.PEEK
        self.size = size
        self._queue = ByteQueue()

    @property
    def buffered_bytes(self) -> int:
        """How many bytes wait here.

        A protocol that changes to TLS refuses unless there are none: they came unprotected, and
        would be taken for protected ones.
        """
        return len(self._queue)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if flags & _PEEK:
            return self._try_peek(views, flags & ~_PEEK)
        queue = self._queue
        if queue:
            return queue.take_into(views)
        if total(views) >= self.size:
            return self._lower.try_readv(views, None, flags)
        scratch = borrow()
        try:
            got = self._lower.try_readinto(scratch[: self.size], flags)
            if isinstance(got, Blocked):
                return got
            done = scatter(scratch[:got], views)
            if done < got:
                queue.put(scratch[done:got])
            return done
        finally:
            give_back(scratch)

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        if not self._queue and len(buffer) >= self.size:
            return self._lower.try_readinto(buffer, flags)
        return self.try_readv((as_view(buffer),), None, flags)

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        return self._lower.try_write(data, flags)

    def _try_peek(self, views: Views, flags: int) -> int | Blocked:
        wanted = min(total(views), self.size)
        if len(self._queue) < wanted:
            # With some bytes in hand there is an answer already: more is welcome, not waited for.
            got = self._try_fill(flags & _RELAXED if self._queue else flags)
            if isinstance(got, Blocked) and not self._queue:
                return got
        seen = self._queue.peek(wanted)
        return scatter(seen, views) if seen else 0

    def _try_fill(self, flags: int) -> int | Blocked:
        """Read once into the room that is left, of which there is some."""
        scratch = borrow()
        try:
            got = self._lower.try_readinto(scratch[: self.size - len(self._queue)], flags)
            if not isinstance(got, Blocked):
                self._queue.put(scratch[:got])
            return got
        finally:
            give_back(scratch)

    def read_until(self, separator: bytes, limit: int | None = None) -> bytes:
        """Return what comes up to *separator*, with the separator. Always waits.

        Whatever is raised, nothing is lost: what came can still be read.

        Args:
            separator: At least one byte.
            limit: The most bytes to return, the separator included; None for `size`, which it
                cannot be more than.

        Raises:
            LimitExceeded: The separator does not end within *limit* bytes.
            UnexpectedEOF: The stream ended before it.
        """
        return run(self.read_until_op(separator, limit), self._timeout)

    def read_until_op(self, separator: bytes, limit: int | None = None) -> Op[bytes]:
        """The operation of `read_until`. A cancelled one has taken nothing from the stream."""
        if not separator:
            message = "read_until an empty separator: give at least one byte"
            raise ValueError(message)
        limit = self._check_limit(limit)
        with ReadGuard(self):
            end = yield from self._find_end_op(separator, limit)
            if end < 0:
                raise UnexpectedEOF(len(self._queue))
            return self._queue.take(end)

    def read_line(self, limit: int | None = None) -> bytes:
        r"""Return the next line with its ``\n``; ``b""`` at the end of the stream. Always waits.

        Args:
            limit: The most bytes to return; None for `size`.

        Raises:
            LimitExceeded: The line does not end within *limit* bytes.
            UnexpectedEOF: The stream ended in the middle of it; what came can still be read.
        """
        return run(self.read_line_op(limit), self._timeout)

    def read_line_op(self, limit: int | None = None) -> Op[bytes]:
        """The operation of `read_line`. A cancelled one has taken nothing from the stream."""
        limit = self._check_limit(limit)
        with ReadGuard(self):
            end = yield from self._find_end_op(b"\n", limit)
            if end < 0 and self._queue:
                raise UnexpectedEOF(len(self._queue))
            return self._queue.take(max(0, end))

    def _check_limit(self, limit: int | None) -> int:
        if limit is None:
            return self.size
        if not 1 <= limit <= self.size:
            message = f"a limit of {limit} bytes: {self.name} holds between 1 and {self.size}, make it larger"
            raise ValueError(message)
        return limit

    def _find_end_op(self, separator: bytes, limit: int) -> Op[int]:
        """Read until *separator* is there and return where it ends; -1 if the stream ends first."""
        queue = self._queue
        start = 0
        while True:
            place = queue.find(separator, start)
            end = place + len(separator)
            if place < 0 and len(queue) < limit:
                start = max(0, len(queue) - len(separator) + 1)
                got = self._try_fill(0)
                if got == 0:
                    return -1
                if isinstance(got, Blocked):
                    yield got
                continue
            if place < 0 or end > limit:
                message = (
                    f"{self.name}: no {show_bytes(separator)} within {limit} bytes from the peer: "
                    "raise the limit if that is legal"
                )
                raise LimitExceeded(message)
            return end

    def unread(self, data: Buffer) -> None:
        """Put *data* in front of what the next read returns.

        Raises:
            ValueError: There is no room for it; nothing was put. Where `PrefixLayer` does, it has
                no such bound.
        """
        with ReadGuard(self):
            back = bytes(data)
            held = len(self._queue)
            if held + len(back) > self.size:
                message = (
                    f"unread of {len(back)} bytes: {self.name} holds {held} of at most {self.size}, "
                    "make it larger"
                )
                raise ValueError(message)
            rest = self._queue.take(held)
            self._queue.put(back)
            self._queue.put(rest)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if self._queue and Condition.IN in condition:
            return Condition.IN
        return self._lower.ready(condition)

    @override
    def do_close(self) -> None:
        self._queue.drop(len(self._queue))
        super().do_close()


def buffered(channel: Channel, *, size: Count = DEFAULT_SIZE) -> BufferedLayer:
    """Put a `BufferedLayer` on *channel*; ``buffered.size`` in an address."""
    return BufferedLayer(channel, as_count("buffered.size", size, 1, SCRATCH_SIZE))
