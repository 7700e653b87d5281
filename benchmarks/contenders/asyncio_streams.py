"""asyncio's StreamReader and StreamWriter, on asyncio's own loop and on uvloop."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks import pki
from benchmarks.contenders.base import Awaited

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine
    from typing import Any

    from benchmarks.job import Job

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class AsyncioStreams(Awaited[Streams]):
    """``read`` or ``readexactly``; ``write`` and ``drain``."""

    @override
    async def open(self, sock: socket.socket, job: Job) -> Streams:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        context = pki.context_or_none(job)
        transport: asyncio.Transport
        if job.server:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=context)
        else:
            name = pki.HOSTNAME if job.tls else None
            transport, _ = await loop.create_connection(
                lambda: protocol, sock=sock, ssl=context, server_hostname=name
            )
        if job.tls:
            pki.check_suite(transport.get_extra_info("cipher"))
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    @override
    async def close(self, stream: Streams) -> None:
        _, writer = stream
        writer.close()
        await writer.wait_closed()

    async def echo(self, stream: Streams, job: Job) -> None:
        """Answer whole messages."""
        reader, writer = stream
        while data := await reader.readexactly(job.size):
            writer.write(data)
            await writer.drain()

    async def ping(self, stream: Streams, job: Job) -> None:
        """One message and its answer at a time."""
        reader, writer = stream
        message, size = job.message, job.size
        for _ in job.clock.laps():
            writer.write(message)
            await writer.drain()
            await reader.readexactly(size)

    async def sink(self, stream: Streams, job: Job) -> None:
        """Take what is there."""
        reader, _ = stream
        size, add = len(job.buffer), job.clock.add
        while data := await reader.read(size):
            add(len(data))

    async def pour(self, stream: Streams, job: Job) -> None:
        """Write, and wait while the transport's buffer is full."""
        _, writer = stream
        message = job.message
        for _ in job.clock.laps():
            writer.write(message)
            await writer.drain()

    @override
    async def serve(self, listener: socket.socket, job: Job) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self.echo((reader, writer), job)

        context = pki.context_or_none(job)
        server = await asyncio.start_server(answer, sock=listener, ssl=context, backlog=job.connections)
        await server.serve_forever()


class UvloopStreams(AsyncioStreams):
    """The same on uvloop."""

    @override
    def drive(self, main: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        importlib.import_module("uvloop").run(main(*args))
