"""A channel in ``async`` code: the verbs of `Channel`, awaitable."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from typing_extensions import override

from iochan.aio.driver import arun, in_trio
from iochan.aio.hub import hub_of
from iochan.aio.waiter import ReadBytesWaiter, ReadWaiter
from iochan.core.attribute import Attribute
from iochan.core.blocked import Blocked
from iochan.core.buffers import NO_ROOM, Buffer, as_room, as_view, flat
from iochan.core.channel import AS_SET, HANDSHAKE_SECONDS, Channel
from iochan.core.condition import Shutdown
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.reading import DEFAULT_READ
from iochan.core.scratch import SCRATCH_SIZE, borrow, give_back
from iochan.core.writing import HELD_LIMIT, HasFileno

__all__ = ["FAIR_TURNS", "AsyncChannel"]

FAIR_TURNS = 64
"""After so many reads and writes that did not have to wait, the loop's other tasks get a turn."""

T = TypeVar("T")
_MISSING: Any = object()


class AsyncChannel:
    """A view of *channel* whose verbs are awaited. It owns nothing: closing it closes the channel.

    Every verb does what the one of the same name of `Channel` does, whatever the channel's
    `blocking` and `timeout` say: use ``asyncio.timeout`` or ``trio.fail_after``. A cancelled read
    has taken nothing from the stream; after a cancelled write some, all or none was sent, and what
    a layer has accepted stays owed. Under trio every verb is a checkpoint.

    Make it where it is used, inside the running loop.

    Raises:
        RuntimeError: No event loop runs the caller.
    """

    __slots__ = ("_into", "_some", "_streak", "channel")

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._streak = 0
        # The kept waiters of asyncio; trio needs none.
        self._into: ReadWaiter | None = None
        self._some: ReadBytesWaiter | None = None
        if in_trio():
            return
        try:
            hub = hub_of(asyncio.get_running_loop())
        except RuntimeError:
            message = "an AsyncChannel outside of an event loop: make it inside the coroutine that uses it"
            raise RuntimeError(message) from None
        self._into = ReadWaiter(hub, channel)
        self._some = ReadBytesWaiter(hub, channel)

    @property
    def name(self) -> str:
        """What messages call the channel."""
        return self.channel.name

    @property
    def closed(self) -> bool:
        """Whether this program has closed the channel."""
        return self.channel.closed

    @property
    def close_seconds(self) -> float | None:
        """How long `close` takes at most, unless it is told; None for no limit."""
        return self.channel.close_seconds

    @property
    def features(self) -> Feature:
        """What the channel can do now."""
        return self.channel.features

    @property
    def lower(self) -> Channel | None:
        """The channel below; None for a channel that is no layer."""
        return self.channel.lower

    def fileno(self) -> int:
        """See `Channel.fileno`."""
        return self.channel.fileno()

    @overload
    def extra(self, attribute: Attribute[T]) -> T: ...
    @overload
    def extra(self, attribute: Attribute[T], default: T | None) -> T | None: ...
    def extra(self, attribute: Attribute[T], default: T | None = _MISSING) -> T | None:
        """See `Channel.extra`."""
        return self.channel.extra(attribute, default)

    async def readinto(self, buffer: Buffer) -> int:
        """Read at least one byte into *buffer* and return how many came; 0 is the end of the stream."""
        channel, waiter = self.channel, self._into
        if waiter is None:
            return await arun(channel.readinto_op(buffer))
        if channel.reading:
            channel.refuse("reader")
        channel.reading = True
        try:
            if self._streak >= FAIR_TURNS:
                await self._let_others()
            room = as_room(buffer)
            if not room:
                return 0
            got = channel.try_readinto(room, 8)
            if isinstance(got, Blocked):
                self._streak = 0
                waiter.blocked = got
                waiter.buffer = room
                try:
                    return await waiter
                finally:
                    waiter.buffer = NO_ROOM
            self._streak += 1
            return got
        finally:
            channel.reading = channel.closed

    async def read(self, size: int = DEFAULT_READ) -> bytes:
        """Return between 1 and *size* bytes, as soon as there are any; ``b""`` at the end of the stream."""
        channel, waiter = self.channel, self._some
        if waiter is None or size <= 0:
            return await arun(channel.read_op(size))
        if channel.reading:
            channel.refuse("reader")
        channel.reading = True
        try:
            if self._streak >= FAIR_TURNS:
                await self._let_others()
            scratch = borrow()
            try:
                view = scratch[:size] if size < SCRATCH_SIZE else scratch
                got = channel.try_readv((view,), None, 8)
                if not isinstance(got, Blocked):
                    self._streak += 1
                    return bytes(view[:got])
            finally:
                give_back(scratch)
            self._streak = 0
            waiter.size = size
            waiter.blocked = got
            return await waiter
        finally:
            channel.reading = channel.closed

    async def readv(self, buffers: Iterable[Buffer], fds: FdBox | None = None, flags: int = 0) -> int:
        """See `Channel.readv`."""
        return await arun(self.channel.readv_op(buffers, fds, flags))

    async def peek(self, size: int = DEFAULT_READ) -> bytes:
        """See `Channel.peek`."""
        return await arun(self.channel.peek_op(size))

    async def readv_all_eof(self, buffers: Iterable[Buffer], fds: FdBox | None = None) -> bool:
        """See `Channel.readv_all_eof`. Cancelled, it leaves what it had read in *buffers*."""
        return await arun(self.channel.readv_all_eof_op(buffers, fds))

    async def readv_all(self, buffers: Iterable[Buffer], fds: FdBox | None = None) -> None:
        """See `Channel.readv_all`. Cancelled, it leaves what it had read in *buffers*."""
        await arun(self.channel.readv_all_op(buffers, fds))

    async def read_exactly(self, size: int) -> bytes:
        """See `Channel.read_exactly`. Cancelled in the middle of a record, it has taken its beginning."""
        return await arun(self.channel.read_exactly_op(size))

    async def write(self, data: Buffer) -> int:
        """Write at least one byte of *data*, as many as fit, and return how many."""
        channel = self.channel
        if self._into is None or channel.held is not None:
            return await arun(channel.write_op(data))
        if channel.writing:
            channel.refuse("writer")
        channel.writing = True
        try:
            if self._streak >= FAIR_TURNS:
                await self._let_others()
            data = flat(data)
            if not data:
                return 0
            put = channel.try_write(data)
            if isinstance(put, Blocked):
                self._streak = 0
                return await arun(channel.retry_write_op(put, (as_view(data),)))
            if (blocked := channel.try_flush()) is not None:
                self._streak = 0
                await arun(channel.retry_flush_op(blocked))
            self._streak += 1
            return put
        finally:
            channel.writing = channel.closed

    async def write_all(self, data: Buffer) -> None:
        """Write all of *data*; what is gathered under `set_cork` counts as written."""
        channel = self.channel
        held = channel.held
        if held is not None or self._into is None:
            await self._hold(held, data)
            return
        if channel.writing:
            channel.refuse("writer")
        channel.writing = True
        try:
            if self._streak >= FAIR_TURNS:
                await self._let_others()
            data = flat(data)
            if not data:
                return
            put = channel.try_write(data)
            if put == len(data) and channel.try_flush() is None:
                self._streak += 1
                return
            self._streak = 0
            view = as_view(data)
            await arun(channel.write_views_op((view,) if isinstance(put, Blocked) else (view[put:],)))
        finally:
            channel.writing = channel.closed

    async def writev(self, buffers: Iterable[Buffer], fds: Sequence[HasFileno] = (), flags: int = 0) -> int:
        """See `Channel.writev`."""
        return await arun(self.channel.writev_op(buffers, fds, flags))

    async def writev_all(
        self, buffers: Iterable[Buffer], fds: Sequence[HasFileno] = (), flags: int = 0
    ) -> None:
        """See `Channel.writev_all`."""
        await arun(self.channel.writev_all_op(buffers, fds, flags))

    async def flush(self) -> None:
        """See `Channel.flush`."""
        await arun(self.channel.flush_op())

    async def set_cork(self, cork: bool) -> None:  # noqa: FBT001 - as Channel
        """See `Channel.set_cork`; only ``False`` may have to wait."""
        if cork:
            self.channel.set_cork(cork)
        else:
            await arun(self.channel.uncork_op())

    def set_delay(self, delay: bool) -> None:  # noqa: FBT001 - as Channel
        """See `Channel.set_delay`."""
        self.channel.set_delay(delay)

    async def preadv(self, buffers: Iterable[Buffer], offset: int) -> int:
        """See `Channel.preadv`."""
        return await arun(self.channel.preadv_op(buffers, offset))

    async def pwritev(self, buffers: Iterable[Buffer], offset: int) -> int:
        """See `Channel.pwritev`."""
        return await arun(self.channel.pwritev_op(buffers, offset))

    async def sync(self) -> None:
        """See `Channel.sync`; the event loop stands still meanwhile, as in all work on files."""
        await arun(self.channel.sync_op())

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """See `Channel.seek`."""
        return self.channel.seek(offset, whence)

    async def handshake(self, timeout: float | None = HANDSHAKE_SECONDS) -> None:  # noqa: ASYNC109 - the op's
        """See `Channel.handshake`."""
        await arun(self.channel.handshake_op(timeout))

    async def write_eof(self) -> None:
        """See `Channel.write_eof`."""
        await arun(self.channel.write_eof_op())

    def shutdown(self, how: Shutdown = Shutdown.BOTH) -> None:
        """See `Channel.shutdown`; any thread may call it."""
        self.channel.shutdown(how)

    async def close(self, timeout: float | None = AS_SET) -> None:  # noqa: ASYNC109 - the op's
        """See `Channel.close`. Cancelled, it closes at once."""
        await arun(self.channel.close_op(timeout))

    def abort(self) -> None:
        """See `Channel.abort`."""
        self.channel.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self.close()
        else:
            self.abort()

    async def _let_others(self) -> None:
        # Before the try, never after it: what has been read must not be lost to a cancellation.
        self._streak = 0
        await asyncio.sleep(0)

    async def _hold(self, held: bytearray | None, data: Buffer) -> None:
        """Gather *data*, or write it under trio."""
        data = flat(data)
        if held is not None and self._into is not None and len(held) + len(data) < HELD_LIMIT:
            held += data
        else:
            await arun(self.channel.write_all_op(data))

    @override
    def __str__(self) -> str:
        return str(self.channel)

    @override
    def __repr__(self) -> str:
        return f"<AsyncChannel of {self.channel!r}>"
