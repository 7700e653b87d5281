from __future__ import annotations

import os
from pathlib import Path

import pytest

from iochan.aio import connect as aio_connect
from iochan.aio import run_async
from iochan.aio import serve as aio_serve
from iochan.aio.channel import AsyncChannel
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, ChannelTimeout, ConnectError
from iochan.core.listener import Listener
from iochan.core.op import Op
from iochan.core.opening import connect, connect_op, listen
from iochan.core.registry import LAYERS
from iochan.objects import ObjectStore
from iochan.stack import known_layers
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_VERSION
from iochan.websocket.facts import WS_PATH


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    """Hold a client's and a server's credentials, ``c`` and ``s``."""
    pki = ThrowAwayPki(tmp_path)
    store = ObjectStore()
    store.add(f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}")
    store.add(f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off")
    return store


@pytest.mark.parametrize(
    "base", ["tcp://127.0.0.1:0", "tcp://[::1]:0", "unix://{}/sock", "abstract://iochan-{}"]
)
def test_a_plain_address_is_listened_at_and_connected_to(base: str, tmp_path: Path) -> None:
    where = base.format(os.getpid() if base.startswith("abstract") else tmp_path)
    with listen(where) as listener, connect(listener.addresses[0]) as client, listener.accept(5) as server:
        client.write_all(b"hello")
        assert server.read() == b"hello"


def test_layers_of_an_address_are_put_on_both_ends(objects: ObjectStore) -> None:
    listener = listen("throttle+tls+tcp://127.0.0.1:0?tls.creds=s&throttle.rate=10M", objects=objects)
    with listener:
        (address,) = listener.addresses
        assert address.startswith("throttle+tls+tcp://127.0.0.1:")
        _, accepted = blocking(
            _talk_op(f"{address}?tls.creds=c&tls.hostname=localhost&throttle.rate=10M", objects),
            _accept_op(listener),
        )
        assert accepted == "TLSv1.3"


@pytest.mark.parametrize("base", ["ws://127.0.0.1:0/here", "ws+unix:{}/sock?ws.path=/here"])
def test_a_websocket_serves_the_path_of_its_address(base: str, tmp_path: Path) -> None:
    with listen(base.format(tmp_path)) as listener:
        (address,) = listener.addresses
        behind = "?ws.path=/here" if "unix" in address else "/here"
        _, path = blocking(_talk_op(address + behind, None), _path_op(listener))
        assert path == "/here"


def _path_op(listener: Listener) -> Op[str]:
    channel = yield from listener.accept_op()
    yield from channel.handshake_op()
    assert (yield from channel.read_exactly_op(5)) == b"hello"
    yield from channel.close_op()
    return channel.extra(WS_PATH)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("ws://127.0.0.1:{}/", b"127.0.0.1:{}"),
        ("ws://127.0.0.1:{}/?ws.host=example.org", b"example.org"),
    ],
)
def test_a_websocket_asks_for_the_host_of_its_address(address: str, host: bytes) -> None:
    with listen("tcp://127.0.0.1:0") as listener:
        port = listener.addresses[0].rpartition(":")[2]
        op = connect_op(address.format(port))
        next(op)
        with listener.accept(5) as raw:
            next(op)
            assert b"Host: " + host.replace(b"{}", port.encode()) + b"\r\n" in raw.read(4096)
        op.close()


def test_a_target_that_is_no_proxys_says_nothing_about_the_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    def aimed(channel: Channel, target: str = "") -> Channel:
        assert target == "middle"
        return channel

    monkeypatch.setattr("iochan.core.registry._added", {(LAYERS, "aimed"): aimed})
    with listen("tcp://127.0.0.1:0") as listener:
        address = listener.addresses[0].removeprefix("tcp:")
        op = connect_op(f"ws+aimed+tcp:{address}?aimed.target=middle")
        next(op)
        with listener.accept(5) as raw:
            next(op)
            assert f"Host: {address.strip('/')}\r\n".encode() in raw.read(4096)
        op.close()


def _talk_op(address: str, objects: ObjectStore | None) -> Op[None]:
    channel = yield from connect_op(address, objects=objects)
    yield from channel.write_all_op(b"hello")
    yield from channel.close_op()


def _accept_op(listener: Listener) -> Op[str]:
    channel = yield from listener.accept_op()
    yield from channel.handshake_op()
    assert (yield from channel.read_op()) == b"hello"
    version = channel.extra(TLS_VERSION)
    channel.abort()
    return version


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tsl+tcp://127.0.0.1:1", "unknown layer 'tsl'.*did you mean 'tls'"),
        ("tls+tcp://127.0.0.1:1", "no credentials: give tls.creds=ID"),
        ("tls+tcp://127.0.0.1:1?tls.creds=none", "no object 'none'"),
        ("tls+tcp://127.0.0.1:1?tls.cerds=c", "unknown option 'cerds'"),
        ("tcp://127.0.0.1:1?keepaliev=on", "unknown option 'keepaliev'"),
    ],
)
def test_what_an_address_gets_wrong_is_named(address: str, message: str, objects: ObjectStore) -> None:
    with pytest.raises(AddressError, match=message):
        connect(address, objects=objects)


def test_an_option_of_the_other_side_has_no_meaning(objects: ObjectStore) -> None:
    with pytest.raises(AddressError, match="'hostname' has no meaning for a server"):
        listen("tls+tcp://127.0.0.1:0?tls.creds=s&tls.hostname=x", objects=objects)


def test_without_objects_credentials_cannot_be_named() -> None:
    with pytest.raises(AddressError, match="there are no objects here"):
        connect("tls+tcp://127.0.0.1:1?tls.creds=c")


def test_nobody_there_says_what_was_tried() -> None:
    with pytest.raises(ConnectError, match="connection refused: is the server running"):
        connect("tcp://127.0.0.1:1")


def test_what_needs_no_client_is_accepted_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with listen(f"file://{path}") as listener:
        assert listener.single
        with listener.accept(5) as channel:
            assert channel.read() == b"content"
        assert isinstance(listener.try_accept(), Blocked)
        with pytest.raises(ChannelTimeout):
            listener.accept(0.01)


def test_a_command_and_a_terminal_are_addresses_too() -> None:
    with connect("exec:cat") as channel:
        channel.write_all(b"meow")
        assert channel.read_exactly(4) == b"meow"
    with connect("pty:?command=/bin/echo%20hi") as terminal:
        assert terminal.read_exactly(2) == b"hi"
    with connect("null:") as nothing:
        nothing.write_all(b"x")
        assert nothing.read() == b""


def test_every_layer_says_its_options() -> None:
    layers = known_layers()
    assert layers["tls"] == ["creds", "hostname", "authz", "authz-by"]
    assert "rate" in layers["throttle"]


def test_async_code_connects_and_serves_by_the_same_texts(objects: ObjectStore) -> None:
    async def echo(channel: AsyncChannel) -> None:
        await channel.write_all(await channel.read())

    async def main() -> bytes:
        async with aio_serve("tls+tcp://127.0.0.1:0?tls.creds=s", echo, objects=objects) as server:
            address = f"{server.listener.addresses[0]}?tls.creds=c&tls.hostname=localhost"
            async with await aio_connect(address, objects=objects) as channel:
                await channel.write_all(b"ping")
                return await channel.read()

    assert run_async(main) == b"ping"
