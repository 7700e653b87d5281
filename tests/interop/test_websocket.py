"""WebSocket against foreign programs and libraries."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSMsgType, web

from iochan.core.channel import Channel
from iochan.core.opening import connect, listen
from iochan.websocket.facts import WS_CLOSE_CODE
from iochan.websocket.layer import WebSocketLayer
from tests.interop.peers import SECONDS, need, running

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

DATA = bytes(range(256)) * 1000


def test_an_aiohttp_client_talks_to_our_server() -> None:
    with listen("ws://127.0.0.1:0") as listener:
        url = "http" + listener.addresses[0].removeprefix("ws+tcp")

        def echo() -> None:
            with listener.accept(SECONDS) as channel:
                channel.handshake()
                while data := channel.read(65536):
                    channel.write_all(data)

        async def talk() -> bytes:
            got = b""
            async with ClientSession() as session, session.ws_connect(url, compress=15) as client:
                await client.ping(b"p")
                await client.send_bytes(DATA)
                while len(got) < len(DATA):
                    message = await client.receive(SECONDS)
                    assert message.type is WSMsgType.BINARY
                    got += message.data
            return got

        thread = threading.Thread(target=echo)
        thread.start()
        assert asyncio.run(talk()) == DATA
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_our_client_talks_to_an_aiohttp_server() -> None:
    async def echo(request: web.Request) -> web.WebSocketResponse:
        response = web.WebSocketResponse()
        await response.prepare(request)
        async for message in response:
            await response.send_bytes(message.data)
        return response

    def talk(port: int) -> bytes:
        with connect(f"ws://127.0.0.1:{port}/any") as channel:
            channel.write_all(DATA)
            got = channel.read_exactly(len(DATA))
            assert isinstance(channel, WebSocketLayer)
            channel.frames.goodbye()
            assert channel.read(1) == b""
            assert channel.extra(WS_CLOSE_CODE) == 1000
        return got

    async def serve() -> bytes:
        app = web.Application()
        app.router.add_get("/any", echo)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return await asyncio.to_thread(talk, runner.addresses[0][1])
        finally:
            await runner.cleanup()

    assert asyncio.run(serve()) == DATA


def test_our_client_talks_to_the_chardev_of_qemu() -> None:
    qemu = need("qemu-system-x86_64")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    argv = [qemu, "-nodefaults", "-display", "none", "-machine", "none", "-S"]
    argv += ["-chardev", f"socket,id=c,host=127.0.0.1,port={port},server=on,wait=off,websocket=on"]
    # Not QMP: QEMU 7.2 hears nothing on a QMP monitor over WebSocket, whoever the client is.
    argv += ["-mon", "chardev=c,mode=readline"]
    with running(argv), _patiently(port) as channel:
        read_channel_until(channel, b"(qemu) ")
        channel.write_all(b"info version\r\n")
        read_channel_until(channel, b"\r\n7.")


def test_our_client_reaches_the_vnc_server_of_qemu(tmp_path: Path) -> None:
    qemu = need("qemu-system-x86_64")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    argv = [qemu, "-nodefaults", "-machine", "none", "-S"]
    argv += ["-vnc", f"unix:{tmp_path}/vnc,websocket={port}"]
    with running(argv), _patiently(port) as channel:
        assert channel.read_exactly(12) == b"RFB 003.008\n"
        channel.write_all(b"RFB 003.008\n")
        assert channel.read_exactly(2) == b"\x01\x01"
        channel.write_all(b"\x01")
        assert channel.read_exactly(4) == bytes(4)


def _patiently(port: int) -> Channel:
    """Connect once the program listens."""
    for _ in range(1000):
        try:
            return connect(f"ws://127.0.0.1:{port}/?ws.protocols=binary", timeout=SECONDS)
        except OSError:
            continue
    pytest.fail("nobody listens")


def read_channel_until(channel: Channel, wanted: bytes) -> None:
    """Read until *wanted* has come; the test's own time limit bounds it."""
    got = b""
    while wanted not in got:
        piece = channel.read(4096)
        assert piece, f"it ended before {wanted!r}; it said {got!r}"
        got += piece
