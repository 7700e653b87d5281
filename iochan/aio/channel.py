"""A channel in ``async`` code: the verbs of `Channel`, awaitable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import Self

from iochan.aio.driver import arun, in_trio
from iochan.aio.hub import hub_of
from iochan.aio.waiter import ReadBytesWaiter, ReadWaiter
from iochan.core.attribute import Attribute
from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, advance, as_views, flat
from iochan.core.channel import CLOSE_SECONDS, HANDSHAKE_SECONDS, Channel
from iochan.core.condition import Shutdown
from iochan.core.fd import FdBox
from iochan.core.reading import DEFAULT_READ
from iochan.core.scratch import SCRATCH_SIZE, borrow, give_back
from iochan.core.writing import HELD_LIMIT, HasFileno

__all__ = ["AsyncChannel"]

T = TypeVar("T")
_MISSING: Any = object()


class AsyncChannel:
    """A view of *channel* whose verbs are awaited. It owns nothing: closing it closes the channel.

    Every verb does what the one of the same name of `Channel` does, whatever the channel's
    `blocking` and `timeout` say: use ``asyncio.timeout`` or ``trio.fail_after``. A cancelled read
    has taken nothing from the stream; after a cancelled write some, all or none was sent.

    Make it where it is used, inside the running loop.
    """

    __slots__ = ("_into", "_some", "channel")

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._into: ReadWaiter | None = None
        self._some: ReadBytesWaiter | None = None
        if not in_trio():
            hub = hub_of(asyncio.get_running_loop())
            self._into = ReadWaiter(hub, channel)
            self._some = ReadBytesWaiter(hub, channel)

    async def readinto(self, buffer: Buffer) -> int:
        """Read at least one byte into *buffer* and return how many came; 0 is the end of the stream."""
        channel, waiter = self.channel, self._into
        if waiter is None:
            return await arun(channel.readinto_op(buffer))
        if channel.reading:
            channel.refuse("reader")
        channel.reading = True
        try:
            buffer = flat(buffer)
            if not buffer:
                return 0
            got = channel.try_readinto(buffer, 8)
            if isinstance(got, Blocked):
                waiter.buffer = buffer
                waiter.arm(got)
                got = await waiter
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
            scratch = borrow()
            try:
                view = scratch[:size] if size < SCRATCH_SIZE else scratch
                got = channel.try_readv((view,), None, 8)
                if not isinstance(got, Blocked):
                    return bytes(view[:got])
            finally:
                give_back(scratch)
            waiter.size = size
            waiter.arm(got)
            return await waiter
        finally:
            channel.reading = channel.closed

    async def write(self, data: Buffer) -> int:
        """Write at least one byte of *data*, as many as fit, and return how many."""
        return await arun(self.channel.write_op(data))

    async def write_all(self, data: Buffer) -> None:
        """Write all of *data*; what is gathered under `set_cork` counts as written."""
        channel = self.channel
        held = channel.held
        if held is not None and len(held) < HELD_LIMIT:
            held += data
            return
        if channel.writing or held is not None:
            await arun(channel.write_all_op(data))
            return
        channel.writing = True
        try:
            data = flat(data)
            put = channel.try_write(data) if data else 0
            if put == len(data) and channel.try_flush() is None:
                return
            rest = advance(as_views((data,)), 0 if isinstance(put, Blocked) else put)
            await arun(channel.write_views_op(rest))
        finally:
            channel.writing = channel.closed

    async def readv(self, buffers: Iterable[Buffer], fds: FdBox | None = None, flags: int = 0) -> int:
        """See `Channel.readv`."""
        return await arun(self.channel.readv_op(buffers, fds, flags))
