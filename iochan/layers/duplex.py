"""Two one-way channels as one that goes both ways."""

from __future__ import annotations

from typing_extensions import override

from iochan.core.attribute import Attributes
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Room, Views
from iochan.core.channel import Channel
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import UnsupportedFeature
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.op import Op

__all__ = ["DuplexChannel"]

_IN, _OUT = Condition.IN, Condition.OUT


class DuplexChannel(Channel):
    """Reads from *reader*, writes to *writer*: a child's two pipes, a pair of files, two sockets.

    It is no layer, since there are two channels below: `lower` is None. Facts about the peer
    (`Channel.extra`) come from the reader's stack, then from the writer's.

    Ending the writing direction ends the writer: by its own half close, or else by closing it.

    Args:
        reader: Where bytes come from; owned from now on.
        writer: Where bytes go; owned from now on.
        name: What messages call the channel.
    """

    __slots__ = ("features", "reader", "writer")

    def __init__(self, reader: Channel, writer: Channel, name: str = "") -> None:
        if reader is writer:
            message = f"{reader.name} is both reader and writer: it goes both ways already"
            raise ValueError(message)
        super().__init__(name or f"duplex({reader}, {writer})")
        self.reader = reader
        self.writer = writer
        both = reader.features & writer.features & (Feature.FD_PASS | Feature.SHUTDOWN)
        self.features = (
            Feature.CONCURRENT
            | Feature.HALF_CLOSE
            | both
            | (reader.features & Feature.PEEK)
            | (writer.features & Feature.ZERO_COPY)
        )

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return self.reader.try_readv(views, fds, flags)

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        return self.reader.try_readinto(buffer, flags)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        return self.writer.try_writev(views, fds, flags)

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        return self.writer.try_write(data, flags)

    @override
    def try_flush(self) -> Blocked | None:
        return self.writer.try_flush()

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if condition is _IN:
            return self.reader.ready(condition)
        if condition is _OUT:
            return self.writer.ready(condition)
        # Each side is asked for what is not the other's: both may tell of a hang-up.
        for_reader, for_writer = condition & ~_OUT, condition & ~_IN
        if not for_reader or not for_writer:
            return (self.reader if for_reader else self.writer).ready(condition)
        reads, writes = self.reader.ready(for_reader), self.writer.ready(for_writer)
        if isinstance(reads, Blocked):
            return reads | writes if isinstance(writes, Blocked) else writes
        return reads if isinstance(writes, Blocked) else reads | writes

    @override
    def attributes(self) -> Attributes:
        known: Attributes = {}
        for top in (self.reader, self.writer):
            channel: Channel | None = top
            while channel is not None:
                known = {**channel.attributes(), **known}
                channel = channel.lower
        return known

    @override
    def establish_op(self) -> Op[None]:
        yield from self.reader.establish_op()
        yield from self.writer.establish_op()

    @override
    def end_writing_op(self) -> Op[None]:
        try:
            yield from self.writer.end_writing_op()
        except UnsupportedFeature:
            yield from self.writer.close_op(None)

    @override
    def farewell_op(self) -> Op[None]:
        if not self.writer.closed:
            yield from self.writer.farewell_op()
        yield from self.reader.farewell_op()

    @override
    def do_shutdown(self, how: Shutdown) -> None:
        if how is not Shutdown.WRITE:
            self.reader.shutdown(Shutdown.READ)
        if how is not Shutdown.READ:
            self.writer.shutdown(Shutdown.WRITE)

    @override
    def do_close(self) -> None:
        try:
            self.reader.abort()
        finally:
            self.writer.abort()

    @override
    def do_set_delay(self, *, delay: bool) -> None:
        self.writer.do_set_delay(delay=delay)
