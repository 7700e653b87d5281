"""A copy of what passes, for somebody else."""

from __future__ import annotations

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, clip, gather, total
from iochan.core.channel import Channel
from iochan.core.codec import BATCH
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError, IochanError
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.layer import Layer
from iochan.core.op import Op

__all__ = ["Copy", "TeeLayer"]

_IN, _OUT = Condition.IN, Condition.OUT


class Copy:
    """One direction of a `TeeLayer`.

    Attributes:
        sink: Where the copy goes.
        gap: How many bytes were dropped because the sink had no room for them.
        error: What ended the copy; None while it goes on.
    """

    __slots__ = ("_drop", "_pending", "_strict", "error", "gap", "sink")

    def __init__(self, sink: Channel, *, drop: bool, strict: bool) -> None:
        self.sink = sink
        self.gap = 0
        self.error: IochanError | None = None
        self._drop = drop
        self._strict = strict
        self._pending = memoryview(b"")

    def push(self) -> Blocked | None:
        """Give the sink what it has not taken yet; None when nothing is left.

        Raises:
            ChannelBrokenError: The sink broke, and this copy is strict.
        """
        while self._pending:
            put = self._try_sink((self._pending,))
            if isinstance(put, Blocked):
                return put
            self._pending = self._pending[put:]
        if self.error is not None and self._strict:
            message = f"the copy to {self.sink} failed: {self.error}"
            raise ChannelBrokenError(message) from self.error
        return None

    def add(self, views: Views, count: int) -> None:
        """Give the sink the first *count* bytes of *views*; keep what it does not take."""
        if self.error is not None:
            return
        put = self._try_sink(clip(views, count))
        done = 0 if isinstance(put, Blocked) else put
        if done == count or self.error is not None:
            return
        if self._drop:
            self.gap += count - done
        else:
            self._pending = memoryview(gather(views, count))[done:]

    def _try_sink(self, views: Views) -> int | Blocked:
        """Write to the sink. One that breaks takes everything: the traffic has passed already."""
        try:
            return self.sink.try_writev(views)
        except IochanError as error:
            self.error = error
            return total(views)


class TeeLayer(Layer):
    """Copies what is read, and what is written, to a sink for each direction.

    A sink without room makes the traffic wait for it; at most 64 KiB of a direction are held.
    Closing waits for the copies as well. The sinks stay the caller's, who closes them.

    Args:
        lower: The channel below, owned from now on.
        read_sink: Gets a copy of what is read; None for no copy.
        write_sink: Gets a copy of what is written; None for no copy. It may be the same channel:
            then the layer is not for two threads (`Feature.CONCURRENT`).
        drop: Rather than wait for a sink, drop what it has no room for and count it (`Copy.gap`).
        strict: A sink that breaks breaks the channel: the next call raises. Otherwise its copy
            ends, and `Copy.error` says why.
        name: What messages call the layer.

    Attributes:
        reads: The copy of what is read, or None.
        writes: The copy of what is written, or None.
    """

    __slots__ = ("reads", "writes")

    def __init__(
        self,
        lower: Channel,
        read_sink: Channel | None = None,
        write_sink: Channel | None = None,
        *,
        drop: bool = False,
        strict: bool = True,
        name: str = "tee",
    ) -> None:
        super().__init__(lower, name)
        self.reads = None if read_sink is None else Copy(read_sink, drop=drop, strict=strict)
        self.writes = None if write_sink is None else Copy(write_sink, drop=drop, strict=strict)
        if read_sink is not None and read_sink is write_sink:
            self.features &= ~Feature.CONCURRENT

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        copy = self.reads
        if copy is None:
            return self._lower.try_readv(views, None, flags)
        if (stuck := copy.push()) is not None:
            return stuck
        got = self._lower.try_readv(clip(views, BATCH), None, flags)
        if not isinstance(got, Blocked) and got:
            copy.add(views, got)
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        copy = self.writes
        if copy is None:
            return self._lower.try_writev(views, (), flags)
        if (stuck := copy.push()) is not None:
            return stuck
        put = self._lower.try_writev(clip(views, BATCH), (), flags)
        if not isinstance(put, Blocked):
            copy.add(views, put)
        return put

    @override
    def try_flush(self) -> Blocked | None:
        if self.writes is not None and (stuck := self.writes.push()) is not None:
            # What is owed below need not wait for the sink.
            return stuck | self._lower.try_flush()
        return self._lower.try_flush()

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        stuck: Blocked | None = None
        for copy, direction in ((self.reads, _IN), (self.writes, _OUT)):
            if copy is not None and direction in condition and (blocked := self._stuck(copy)) is not None:
                stuck = blocked | stuck
                condition &= ~direction
        if stuck is None:
            return self._lower.ready(condition)
        if not condition:
            return stuck
        below = self._lower.ready(condition)
        return below | stuck if isinstance(below, Blocked) else below

    @staticmethod
    def _stuck(copy: Copy) -> Blocked | None:
        # An error is for the read or write that comes next: to that, the direction is ready.
        try:
            return copy.push()
        except ChannelBrokenError:
            return None

    @override
    def farewell_op(self) -> Op[None]:
        for copy in (self.reads, self.writes):
            while copy is not None and (stuck := copy.push()) is not None:
                yield stuck
        yield from self._lower.farewell_op()
