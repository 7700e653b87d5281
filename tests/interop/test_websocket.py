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
from tests.cli.command import serving
from tests.interop.peers import SECONDS, need, read_until, running

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


NODE_SERVER = """
    const { WebSocketServer } = require("ws");
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    server.on("connection", (socket) => {
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
        socket.on("close", (code, reason) => { console.log(`closed ${code} ${reason}.`); });
    });
    server.on("listening", () => console.log(`port ${server.address().port}.`));
"""

NODE_CLIENT = """
    const { WebSocket } = require("ws");
    const socket = new WebSocket(process.argv[1]);
    const sent = Buffer.alloc(300000, "node");
    const got = [];
    socket.on("open", () => { socket.ping("p"); socket.send(sent); });
    socket.on("pong", (data) => console.log(`pong ${data}.`));
    socket.on("message", (data) => {
        got.push(data);
        if (Buffer.concat(got).equals(sent)) socket.close(4001, "enough");
    });
    socket.on("close", (code) => console.log(`closed ${code}.`));
"""


def node(script: str, *arguments: str) -> list[str]:
    """Return the command line that runs *script* with Debian's modules."""
    return ["env", "NODE_PATH=/usr/share/nodejs", need("node"), "-e", script, *arguments]


def test_our_client_talks_to_the_server_of_node() -> None:
    with running(node(NODE_SERVER)) as process:
        told = read_until(process.stdout, b".")
        port = int(told.removeprefix(b"port ").rstrip(b".\n"))
        channel = connect(f"ws://127.0.0.1:{port}/", timeout=SECONDS)
        assert isinstance(channel, WebSocketLayer)
        with channel:
            channel.write_all(DATA)
            assert channel.read_exactly(len(DATA)) == DATA
            channel.set_close(3999, "done here")
        assert b"closed 3999 done here." in read_until(process.stdout, b"here.")


def test_the_client_of_node_talks_to_our_server() -> None:
    with serving("relay", "--once", "ws://127.0.0.1:0", "exec:cat") as (_, address):
        with running(node(NODE_CLIENT, address.replace("ws+tcp:", "ws:"))) as process:
            told = read_until(process.stdout, b"closed 4001.")
            assert told.startswith(b"pong p.")


def test_our_client_reaches_a_plain_server_through_websockify() -> None:
    with listen("tcp://127.0.0.1:0") as target, socket.create_server(("127.0.0.1", 0)) as front:
        plain = target.addresses[0].removeprefix("tcp://")
        with running([need("websockify"), "--inetd", plain], stdin=front.fileno()):
            with connect(f"ws://127.0.0.1:{front.getsockname()[1]}/", timeout=SECONDS) as channel:
                with target.accept(SECONDS) as server:
                    channel.write_all(DATA[:60_000])
                    assert server.read_exactly(60_000) == DATA[:60_000]
                    server.write_all(DATA[:60_000])
                    assert channel.read_exactly(60_000) == DATA[:60_000]
                assert channel.read() == b""


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
