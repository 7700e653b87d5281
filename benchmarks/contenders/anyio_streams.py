"""anyio's streams on its asyncio backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import anyio
from anyio.abc import SocketStream
from anyio.streams.tls import TLSAttribute, TLSStream
from typing_extensions import override

from benchmarks import pki
from benchmarks.contenders.base import Awaited

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine
    from typing import Any

    from benchmarks.job import Job

Stream: TypeAlias = SocketStream | TLSStream


class AnyioStreams(Awaited[Stream]):
    """``receive`` and ``send``."""

    @override
    def drive(self, main: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        anyio.run(main, *args)

    @override
    async def open(self, sock: socket.socket, job: Job) -> Stream:
        plain = await SocketStream.from_socket(sock)
        if not job.tls:
            return plain
        tls = await TLSStream.wrap(
            plain,
            server_side=job.server,
            hostname=None if job.server else pki.HOSTNAME,
            ssl_context=pki.context(job),
            standard_compatible=False,
        )
        pki.check_suite(tls.extra(TLSAttribute.cipher))
        return tls

    @override
    async def close(self, stream: Stream) -> None:
        await stream.aclose()

    async def echo(self, stream: Stream, job: Job) -> None:
        """Send back what comes, until the stream's end raises."""
        size = len(job.buffer)
        while True:
            await stream.send(await stream.receive(size))

    async def ping(self, stream: Stream, job: Job) -> None:
        """One message and its answer at a time."""
        message, size = job.message, job.size
        for _ in job.clock.laps():
            await stream.send(message)
            got = 0
            while got < size:
                got += len(await stream.receive(size - got))

    async def sink(self, stream: Stream, job: Job) -> None:
        """Count what comes, until the stream's end raises."""
        size, add = len(job.buffer), job.clock.add
        while True:
            add(len(await stream.receive(size)))

    async def pour(self, stream: Stream, job: Job) -> None:
        """Send, which waits for room."""
        message = job.message
        for _ in job.clock.laps():
            await stream.send(message)
