"""trio's streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from typing_extensions import override

from benchmarks import pki
from benchmarks.contenders.base import Awaited

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine
    from typing import Any

    from benchmarks.job import Job

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


class TrioStreams(Awaited[Stream]):
    """``receive_some`` and ``send_all``."""

    @override
    def drive(self, main: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        trio.run(main, *args)

    @override
    async def open(self, sock: socket.socket, job: Job) -> Stream:
        plain = trio.SocketStream(trio.socket.from_stdlib_socket(sock))
        if not job.tls:
            return plain
        name = None if job.server else pki.HOSTNAME
        tls = trio.SSLStream(
            plain, pki.context(job), server_hostname=name, server_side=job.server, https_compatible=True
        )
        await tls.do_handshake()
        pki.check_suite(tls.cipher())
        return tls

    @override
    async def close(self, stream: Stream) -> None:
        await stream.aclose()

    async def echo(self, stream: Stream, job: Job) -> None:
        """Send back what comes."""
        size = len(job.buffer)
        while data := await stream.receive_some(size):
            await stream.send_all(data)

    async def ping(self, stream: Stream, job: Job) -> None:
        """One message and its answer at a time."""
        message, size = job.message, job.size
        for _ in job.clock.laps():
            await stream.send_all(message)
            got = 0
            while got < size:
                data = await stream.receive_some(size - got)
                if not data:
                    raise EOFError("the peer closed in the middle of a message")
                got += len(data)

    async def sink(self, stream: Stream, job: Job) -> None:
        """Count what comes."""
        size, add = len(job.buffer), job.clock.add
        while data := await stream.receive_some(size):
            add(len(data))

    async def pour(self, stream: Stream, job: Job) -> None:
        """Send, which waits for room."""
        message = job.message
        for _ in job.clock.laps():
            await stream.send_all(message)
