"""iochan's channels awaited, on asyncio's own loop and on uvloop."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks.contenders.base import Awaited
from benchmarks.contenders.iochan_stack import check_suite, credentials, stack
from iochan.aio.channel import AsyncChannel
from iochan.aio.serve import Limits, serve
from iochan.channels.listen import SocketListener
from iochan.tls.layer import upgrade

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine
    from typing import Any

    from benchmarks.job import Job


class IochanAsyncio(Awaited[AsyncChannel]):
    """``readinto`` and ``write_all``."""

    @override
    async def open(self, sock: socket.socket, job: Job) -> AsyncChannel:
        channel = AsyncChannel(stack(sock, job))
        await channel.handshake()
        check_suite(channel.channel)
        return channel

    @override
    async def close(self, stream: AsyncChannel) -> None:
        await stream.close()

    async def echo(self, stream: AsyncChannel, job: Job) -> None:
        """Send back what comes."""
        readinto, write_all, view = stream.readinto, stream.write_all, job.buffer
        while count := await readinto(view):
            await write_all(view[:count])

    async def ping(self, stream: AsyncChannel, job: Job) -> None:
        """One message and its answer at a time."""
        readinto, write_all, message, size = stream.readinto, stream.write_all, job.message, job.size
        view = memoryview(bytearray(size))
        for _ in job.clock.laps():
            await write_all(message)
            got = await readinto(view)
            while got < size:
                count = await readinto(view[got:])
                if not count:
                    raise EOFError("the peer closed in the middle of a message")
                got += count

    async def sink(self, stream: AsyncChannel, job: Job) -> None:
        """Count what comes."""
        readinto, add, view = stream.readinto, job.clock.add, job.buffer
        while count := await readinto(view):
            add(count)

    async def pour(self, stream: AsyncChannel, job: Job) -> None:
        """Write, which waits for room."""
        write_all, message = stream.write_all, job.message
        for _ in job.clock.laps():
            await write_all(message)

    @override
    async def serve(self, listener: socket.socket, job: Job) -> None:
        async def answer(channel: AsyncChannel) -> None:
            # Not readinto: a buffer for each connection is what such a server cannot afford.
            while data := await channel.read(job.size):
                await channel.write_all(data)

        limits = Limits(connections=job.connections, handshakes=job.connections)
        protect = upgrade(credentials(job)) if job.tls else None
        async with serve(SocketListener([listener]), answer, limits=limits, upgrade=protect):
            await asyncio.Event().wait()


class IochanUvloop(IochanAsyncio):
    """The same on uvloop."""

    @override
    def drive(self, main: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        importlib.import_module("uvloop").run(main(*args))
