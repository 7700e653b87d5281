"""The library ``websockets``, threaded and on asyncio: no compression, no pings of its own."""

from __future__ import annotations

import asyncio
import importlib
import threading
from typing import TYPE_CHECKING, Any

from typing_extensions import override
from websockets.asyncio.client import connect as connect_asyncio
from websockets.asyncio.server import serve as serve_asyncio
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_sync
from websockets.sync.server import serve as serve_sync

from benchmarks import pki
from benchmarks.contenders.base import Contender

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine

    from websockets.asyncio.connection import Connection
    from websockets.sync.connection import Connection as SyncConnection

    from benchmarks.job import Job

PLAIN: dict[str, Any] = {"compression": None, "max_size": None, "ping_interval": None}


def url(job: Job) -> str:
    """What a client asks for."""
    return f"wss://{pki.HOSTNAME}/" if job.tls else "ws://127.0.0.1/"


class WebsocketsSync(Contender):
    """Its blocking side, whose reads go through a thread of its own."""

    listens = True

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        play = getattr(self, role)
        context = pki.context_or_none(job)
        if not job.server:
            with connect_sync(url(job), sock=sock, ssl=context, **PLAIN) as connection:
                play(connection, job)
            return
        over = threading.Event()

        def handler(connection: SyncConnection) -> None:
            try:
                play(connection, job)
            except ConnectionClosed:
                pass
            finally:
                connection.close()
                over.set()

        with serve_sync(handler, sock=sock, ssl=context, **PLAIN) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            over.wait()

    def echo(self, connection: SyncConnection, job: Job) -> None:  # noqa: ARG002 - a role's arguments
        """Send back what comes."""
        for message in connection:
            connection.send(message)

    def ping(self, connection: SyncConnection, job: Job) -> None:
        """One message and its answer at a time."""
        send, recv, message = connection.send, connection.recv, job.message
        for _ in job.clock.laps():
            send(message)
            recv()

    def sink(self, connection: SyncConnection, job: Job) -> None:
        """Count what comes."""
        add = job.clock.add
        for message in connection:
            add(len(message))

    def pour(self, connection: SyncConnection, job: Job) -> None:
        """Send messages until the time is over."""
        send, message = connection.send, job.message
        for _ in job.clock.laps():
            send(message)


class WebsocketsAsyncio(Contender):
    """Its side for asyncio."""

    listens = True

    def drive(self, main: Coroutine[Any, Any, None]) -> None:
        """Run ``main`` on the loop under measurement."""
        asyncio.run(main)

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        self.drive(self._perform(role, sock, job))

    async def _perform(self, role: str, sock: socket.socket, job: Job) -> None:
        play = getattr(self, role)
        context = pki.context_or_none(job)
        if not job.server:
            async with connect_asyncio(url(job), sock=sock, ssl=context, **PLAIN) as connection:
                await play(connection, job)
            return
        over = asyncio.Event()

        async def handler(connection: Connection) -> None:
            try:
                await play(connection, job)
            except ConnectionClosed:
                pass
            finally:
                over.set()

        async with serve_asyncio(handler, sock=sock, ssl=context, **PLAIN):
            await over.wait()

    async def echo(self, connection: Connection, job: Job) -> None:  # noqa: ARG002 - a role's arguments
        """Send back what comes."""
        async for message in connection:
            await connection.send(message)

    async def ping(self, connection: Connection, job: Job) -> None:
        """One message and its answer at a time."""
        send, recv, message = connection.send, connection.recv, job.message
        for _ in job.clock.laps():
            await send(message)
            await recv()

    async def sink(self, connection: Connection, job: Job) -> None:
        """Count what comes."""
        add = job.clock.add
        async for message in connection:
            add(len(message))

    async def pour(self, connection: Connection, job: Job) -> None:
        """Send messages until the time is over."""
        send, message = connection.send, job.message
        for _ in job.clock.laps():
            await send(message)


class WebsocketsUvloop(WebsocketsAsyncio):
    """The same on uvloop."""

    @override
    def drive(self, main: Coroutine[Any, Any, None]) -> None:
        importlib.import_module("uvloop").run(main)
