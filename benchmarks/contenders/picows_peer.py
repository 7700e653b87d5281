"""picows: WebSockets in Cython, with callbacks instead of reads."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

import picows
from typing_extensions import override

from benchmarks import pki
from benchmarks.contenders.base import Contender
from benchmarks.contenders.websockets_peer import url

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine

    from benchmarks.job import Job

OVER = object()
BINARY = picows.WSMsgType.BINARY
LARGEST = 1 << 30


class Side(picows.WSListener):
    """One side, whose role is what it does with the frames it gets."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.clock = job.clock
        self.laps = job.clock.laps()
        self.message = job.message
        self.over = asyncio.Event()
        self.transport: Any = None

    @override
    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport

    @override
    def on_ws_disconnected(self, _transport: picows.WSTransport) -> None:
        self.over.set()


class Echo(Side):
    """Send back what comes."""

    @override
    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == BINARY:
            transport.send(BINARY, frame.get_payload_as_memoryview())
        else:
            transport.disconnect()


class Ping(Side):
    """Send the next message when all of an answer has come."""

    @override
    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        super().on_ws_connected(transport)
        next(self.laps)
        transport.send(BINARY, self.message)

    @override
    def on_ws_frame(self, transport: picows.WSTransport, _frame: picows.WSFrame) -> None:
        if next(self.laps, OVER) is None:
            transport.send(BINARY, self.message)
        else:
            transport.disconnect()


class Sink(Side):
    """Count what comes."""

    @override
    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == BINARY:
            self.clock.add(frame.payload_size)
        else:
            transport.disconnect()


class Pour(Side):
    """Send until the transport says pause, and go on when it says resume."""

    paused = False

    @override
    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        super().on_ws_connected(transport)
        asyncio.get_running_loop().call_soon(self.resume_writing)

    @override
    def pause_writing(self) -> None:
        self.paused = True

    @override
    def resume_writing(self) -> None:
        self.paused = False
        send, message = self.transport.send, self.message
        for _ in self.laps:
            send(BINARY, message)
            if self.paused:
                return
        self.transport.disconnect(True)


ROLES: dict[str, type[Side]] = {"echo": Echo, "ping": Ping, "sink": Sink, "pour": Pour}


class Picows(Contender):
    """On asyncio's loop."""

    listens = True

    def drive(self, main: Coroutine[Any, Any, None]) -> None:
        """Run ``main`` on the loop under measurement."""
        asyncio.run(main)

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        self.drive(self._perform(role, sock, job))

    async def _perform(self, role: str, sock: socket.socket, job: Job) -> None:
        side, context = ROLES[role](job), pki.context_or_none(job)
        if job.server:
            await picows.ws_create_server(lambda _: side, sock=sock, ssl=context, max_frame_size=LARGEST)
        else:
            await picows.ws_connect(
                lambda: side,
                url(job),
                ssl_context=context,
                socket_factory=lambda _: sock,
                max_frame_size=LARGEST,
            )
        await side.over.wait()


class PicowsUvloop(Picows):
    """On uvloop."""

    @override
    def drive(self, main: Coroutine[Any, Any, None]) -> None:
        importlib.import_module("uvloop").run(main)
