from __future__ import annotations

import http.client
import os
import socket
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from iochan.aio import AsyncChannel, connect, run_async, serve
from iochan.channels.pair import memory_pair
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, ServedInstead
from iochan.core.op import Op
from iochan.core.opening import connect_op, listen
from iochan.core.pollloop import PollLoop
from iochan.relay.service import Relay, RelayLimits
from iochan.websocket.page import StaticFiles


class Answer(NamedTuple):
    status: int
    kind: str | None
    body: bytes
    place: str | None = None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "www"
    (root / "sub").mkdir(parents=True)
    (root / "index.html").write_text("<p>front")
    (root / "sub" / "index.html").write_text("<p>sub")
    (root / "app.js").write_text("let x")
    (root / "a b.bin").write_bytes(bytes(200_000))
    (root / ".hidden").write_text("secret")
    (tmp_path / "outside").write_text("secret")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "alias").symlink_to("app.js")
    os.mkfifo(root / "fifo")
    return root


def ask(root: Path, target: str, method: str = "GET") -> Answer:
    """Ask a server with these files for *target*, by Python's own client."""
    one, other = socket.socketpair()
    server = Channel.websocket_server(other, files=str(root))

    def serve() -> None:
        with server, pytest.raises(ServedInstead, match="answered a request for the page"):
            server.handshake()

    thread = threading.Thread(target=serve)
    thread.start()
    client = http.client.HTTPConnection("localhost")
    client.sock = one
    client.putrequest(method, target, skip_host=True)
    client.putheader("Host", "localhost")
    client.endheaders()
    response = client.getresponse()
    answer = Answer(
        response.status, response.headers["Content-Type"], response.read(), response.headers["Location"]
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    client.close()
    thread.join(10)
    assert not thread.is_alive()
    return answer


def test_files_come_with_their_types(root: Path) -> None:
    assert ask(root, "/") == Answer(200, "text/html; charset=utf-8", b"<p>front")
    assert ask(root, "/sub/?x=..") == Answer(200, "text/html; charset=utf-8", b"<p>sub")
    assert ask(root, "/app.js") == Answer(200, "text/javascript; charset=utf-8", b"let x")
    assert ask(root, "/alias").body == b"let x"
    assert ask(root, "/a%20b.bin") == Answer(200, "application/octet-stream", bytes(200_000))
    assert ask(root, "/app.js", "HEAD") == Answer(200, "text/javascript; charset=utf-8", b"")
    assert ask(root, "/sub").place == "/sub/"
    assert ask(root, "/", "POST").status == 405


@pytest.mark.parametrize(
    "target",
    [
        "/none", "/.hidden", "/../outside", "/%2e%2e/outside", "/sub/../app.js", "/sub/./index.html",
        "//app.js",
        "/sub//index.html", "/app.js/", "/sub%2findex.html", "/app.js%00", "/app%0a.js", "/..%5coutside",
        "/%ff", "/out", "/fifo", "/" + "a" * 5000, "app.js", "http://localhost/app.js",
    ],
)  # fmt: skip
def test_what_is_no_plain_name_of_a_file_below_the_root_is_not_there(root: Path, target: str) -> None:
    answer = ask(root, target)
    assert answer.status == 404
    assert b"secret" not in answer.body


def test_a_root_must_be_a_directory(root: Path) -> None:
    with pytest.raises(AddressError, match=r"files=.*none.*: No such file or directory: name a directory"):
        StaticFiles(root / "none")
    with pytest.raises(AddressError, match=r"files=.*app\.js.*: no directory"):
        StaticFiles(root / "app.js")


def nobody_op(client: Channel) -> Op[tuple[Channel, Channel]]:
    """Return what a relay to nowhere would open."""
    return client, (yield from connect_op("null:"))


def test_a_page_is_no_failure_of_a_relay(root: Path) -> None:
    loop = PollLoop()
    listener = listen(f"ws://127.0.0.1:0?ws.files={root}")
    port = int(listener.addresses[0].rpartition(":")[2].strip("/"))
    relay = Relay(loop, listener, nobody_op, limits=RelayLimits(once=True))
    relay.on_done = loop.stop
    thread = threading.Thread(target=loop.run)
    thread.start()
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("GET", "/app.js")
    assert client.getresponse().read() == b"let x"
    client.close()
    thread.join(10)
    assert not thread.is_alive()
    assert (relay.accepted, relay.failed) == (1, 0)


def test_a_page_is_no_failure_of_a_server(root: Path) -> None:
    async def main() -> tuple[int, int]:
        async def handler(channel: AsyncChannel) -> None:
            await channel.read()

        async with serve(listen(f"ws://127.0.0.1:0?ws.files={root}"), handler) as server:
            port = int(server.listener.addresses[0].rpartition(":")[2].strip("/"))
            async with await connect(f"tcp://127.0.0.1:{port}") as client:
                await client.write_all(b"GET /app.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answer = b""
                while piece := await client.read():
                    answer += piece
            assert answer.endswith(b"\r\n\r\nlet x")
        return server.accepted, server.failed

    assert run_async(main) == (1, 0)


def test_a_page_of_a_package_is_served_by_name() -> None:
    near, far = memory_pair()
    with near, far:
        server = Channel.websocket_server(far, page="console")
        near.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with pytest.raises(ServedInstead):
            server.handshake()
        answer = b""
        while piece := near.read():
            answer += piece
        assert b"<title>console</title>" in answer


def test_a_page_is_known_by_name_or_by_its_files() -> None:
    near, far = memory_pair()
    with near, far:
        with pytest.raises(AddressError, match=r"nothing.*console"):
            Channel.websocket_server(far, page="nothing")
        with pytest.raises(AddressError, match="leave one"):
            Channel.websocket_server(far, page="console", files="/")
