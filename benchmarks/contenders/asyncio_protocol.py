"""asyncio's callbacks: Protocol and BufferedProtocol, and Protocol on uvloop."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from benchmarks import pki
from benchmarks.contenders.base import Contender

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine
    from typing import Any

    from benchmarks.job import Job

OVER = object()


class Side(asyncio.BaseProtocol):
    """One side of a connection, whose role is what it does with the bytes it gets.

    The receive buffer is one for all connections of a process: a buffer is filled and handled
    within one callback.
    """

    transport: asyncio.Transport

    def __init__(self, job: Job, view: memoryview) -> None:
        self.view = view
        self.message = job.message
        self.clock = job.clock
        self.laps = job.clock.laps()
        self.lost = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none of its subclasses

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)

    def received(self, data: bytes | memoryview) -> None:
        """Handle what came; ``data`` may be a view that is good until the return."""


class Echo(Side):
    """Send back a copy of what comes: a transport may keep what it cannot send at once."""

    @override
    def received(self, data: bytes | memoryview) -> None:
        self.transport.write(bytes(data))


class Ping(Side):
    """Send a message once the answer to the last one is whole."""

    got = 0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.write(self.message)

    @override
    def received(self, data: bytes | memoryview) -> None:
        self.got += len(data)
        if self.got < len(self.message):
            return
        self.got = 0
        if next(self.laps, OVER) is None:
            self.transport.write(self.message)
        else:
            self.transport.close()


class Sink(Side):
    """Count what comes."""

    @override
    def received(self, data: bytes | memoryview) -> None:
        self.clock.add(len(data))


class Pour(Side):
    """Write until the transport says pause, and go on when it says resume."""

    paused = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        asyncio.get_running_loop().call_soon(self.resume_writing)

    @override
    def pause_writing(self) -> None:
        self.paused = True

    @override
    def resume_writing(self) -> None:
        self.paused = False
        write, message = self.transport.write, self.message
        for _ in self.laps:
            write(message)
            if self.paused:
                return
        self.transport.close()


class Buffered(asyncio.BufferedProtocol):
    """How bytes come to a BufferedProtocol: into a buffer that is kept."""

    received: Callable[[memoryview], None]
    view: memoryview

    @override
    def get_buffer(self, sizehint: int) -> memoryview:
        return self.view

    @override
    def buffer_updated(self, nbytes: int) -> None:
        self.received(self.view[:nbytes])


ROLES: dict[str, type[Side]] = {"echo": Echo, "ping": Ping, "sink": Sink, "pour": Pour}


class AsyncioProtocol(Contender):
    """``asyncio.Protocol``: each receive is a new object, handed straight to the role."""

    def factory(self, role: str, job: Job) -> Callable[[], Any]:
        """What makes the protocol of ``role`` for each connection."""
        side = ROLES[role]
        kind = type(side.__name__, (side, asyncio.Protocol), {"data_received": side.received})
        view = job.buffer
        return lambda: kind(job, view)

    def drive(self, main: Coroutine[Any, Any, None]) -> None:
        """Run ``main`` on the loop under measurement."""
        asyncio.run(main)

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        self.drive(self._perform(role, sock, job))

    @override
    def fan(self, listener: socket.socket, job: Job) -> None:
        self.drive(self._serve(listener, job))

    async def _perform(self, role: str, sock: socket.socket, job: Job) -> None:
        loop = asyncio.get_running_loop()
        context, side = pki.context_or_none(job), self.factory(role, job)()
        if job.server:
            transport, _ = await loop.connect_accepted_socket(lambda: side, sock, ssl=context)
        else:
            name = pki.HOSTNAME if job.tls else None
            transport, _ = await loop.create_connection(
                lambda: side, sock=sock, ssl=context, server_hostname=name
            )
        if job.tls:
            pki.check_suite(transport.get_extra_info("cipher"))
        await side.lost

    async def _serve(self, listener: socket.socket, job: Job) -> None:
        server = await asyncio.get_running_loop().create_server(
            self.factory("echo", job), sock=listener, ssl=pki.context_or_none(job), backlog=job.connections
        )
        await server.serve_forever()


class AsyncioBufferedProtocol(AsyncioProtocol):
    """``asyncio.BufferedProtocol``: receives go into one kept buffer."""

    @override
    def factory(self, role: str, job: Job) -> Callable[[], Any]:
        side = ROLES[role]
        kind = type(side.__name__, (side, Buffered), {})
        view = job.buffer
        return lambda: kind(job, view)


class UvloopProtocol(AsyncioProtocol):
    """``asyncio.Protocol`` on uvloop."""

    @override
    def drive(self, main: Coroutine[Any, Any, None]) -> None:
        importlib.import_module("uvloop").run(main)
