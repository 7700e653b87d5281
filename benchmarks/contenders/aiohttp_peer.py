"""WebSockets of aiohttp, without compression."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, ClientWebSocketResponse, web
from aiohttp.connector import BaseConnector
from typing_extensions import override

from benchmarks import pki
from benchmarks.contenders.base import Contender
from benchmarks.contenders.websockets_peer import url

if TYPE_CHECKING:
    import socket

    from benchmarks.job import Job


Ends = ClientWebSocketResponse | web.WebSocketResponse


class Connected(BaseConnector):
    """Gives a client the connection that the harness made."""

    def __init__(self, sock: socket.socket, job: Job) -> None:
        super().__init__()
        self._sock = sock
        self._job = job

    @override
    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:
        context = pki.context_or_none(self._job)
        _, protocol = await self._loop.create_connection(
            self._factory, sock=self._sock, ssl=context, server_hostname=pki.HOSTNAME if context else None
        )
        return protocol


class AiohttpWebSocket(Contender):
    """``ClientSession.ws_connect`` and ``web.WebSocketResponse``."""

    listens = True

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        asyncio.run(self._serve(role, sock, job) if job.server else self._connect(role, sock, job))

    async def _connect(self, role: str, sock: socket.socket, job: Job) -> None:
        async with (
            ClientSession(connector=Connected(sock, job)) as session,
            session.ws_connect(url(job).replace("ws", "http", 1), compress=0, max_msg_size=0) as socket_,
        ):
            await getattr(self, role)(socket_, job)

    async def _serve(self, role: str, sock: socket.socket, job: Job) -> None:
        over = asyncio.Event()

        async def handler(request: web.Request) -> web.WebSocketResponse:
            response = web.WebSocketResponse(compress=False, max_msg_size=0)
            await response.prepare(request)
            try:
                await getattr(self, role)(response, job)
                await response.close()
            finally:
                over.set()
            return response

        app = web.Application()
        app.router.add_get("/", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.SockSite(runner, sock, ssl_context=pki.context_or_none(job)).start()
            await over.wait()
        finally:
            await runner.cleanup()

    async def echo(self, socket_: Ends, job: Job) -> None:  # noqa: ARG002 - a role's arguments
        """Send back what comes."""
        async for message in socket_:
            await socket_.send_bytes(message.data)

    async def ping(self, socket_: Ends, job: Job) -> None:
        """One message and its answer at a time."""
        send, receive, message = socket_.send_bytes, socket_.receive, job.message
        for _ in job.clock.laps():
            await send(message)
            await receive()

    async def sink(self, socket_: Ends, job: Job) -> None:
        """Count what comes."""
        add = job.clock.add
        async for message in socket_:
            add(len(message.data))

    async def pour(self, socket_: Ends, job: Job) -> None:
        """Send messages until the time is over."""
        send, message = socket_.send_bytes, job.message
        for _ in job.clock.laps():
            await send(message)
