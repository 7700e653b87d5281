"""WebSocket over socket pairs, against ourselves and against the library `websockets`."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.sync.client import connect as websockets_connect
from websockets.sync.server import ServerConnection, serve

from iochan.core.channel import Channel
from iochan.core.codec import BATCH
from iochan.core.errors import (
    ChannelBrokenError,
    LocalProtocolError,
    TruncatedError,
    UnsupportedFeature,
)
from iochan.core.op import Op
from iochan.testing.drivers import DRIVERS
from iochan.websocket.errors import FrameError, WebSocketClosedError
from iochan.websocket.facts import WS_CLOSE_CODE, WS_CLOSE_REASON, WS_ORIGIN, WS_PATH, WS_PROTOCOL
from iochan.websocket.layer import WebSocketLayer
from tests.websocket.rawclient import REQUEST, raw_server


def both(*ops: Op[None]) -> None:
    DRIVERS["stepped"](*ops)


@pytest.fixture
def pair() -> Iterator[tuple[Channel, Channel]]:
    one, other = socket.socketpair()
    client = Channel.websocket_client(
        one, "localhost:1", "/x", origin="http://localhost:1", protocols="binary"
    )
    server = Channel.websocket_server(other)
    try:
        both(client.handshake_op(), server.handshake_op())
        yield client, server
    finally:
        client.abort()
        server.abort()


def wire(layer: Channel) -> Channel:
    """Return the channel below, for a peer that keeps no rules."""
    assert layer.lower is not None
    return layer.lower


def test_bytes_pass_both_ways_whatever_their_size(pair: tuple[Channel, Channel]) -> None:
    for size in (1, 125, 126, 4096, 4097, 65535, 65536, 200_000):
        data = bytes(index * 7 & 0xFF for index in range(size))
        for sender, taker in (pair, pair[::-1]):
            thread = threading.Thread(target=sender.write_all, args=(data,))
            thread.start()
            assert taker.read_exactly(size) == data
            thread.join()


def test_both_know_what_they_agreed_on(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    assert server.extra(WS_PATH) == client.extra(WS_PATH) == "/x"
    assert server.extra(WS_ORIGIN) == "http://localhost:1"
    assert server.extra(WS_PROTOCOL) == client.extra(WS_PROTOCOL) == "binary"
    assert server.extra(WS_CLOSE_CODE) is None


def test_a_close_ends_the_stream_and_is_answered(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    client.write_all(b"last")
    with pytest.raises(UnsupportedFeature, match="cannot end its writing direction alone"):
        client.write_eof()
    wire(client).write_all(b"\x88\x82\0\0\0\0\x03\xe8")
    assert server.read(10) == b"last"
    assert server.read(10) == b""
    assert server.read(10) == b""
    assert client.read(10) == b""
    assert server.extra(WS_CLOSE_CODE) == client.extra(WS_CLOSE_CODE) == 1000
    with pytest.raises(ChannelBrokenError, match="the WebSocket is closed"):
        server.write_all(b"more")
    with pytest.raises(ChannelBrokenError, match="the WebSocket is closed"):
        server.writev([b"more", b"x" * 10000])


def test_a_half_close_ends_one_direction_where_both_sides_want_it() -> None:
    one, other = socket.socketpair()
    client = Channel.websocket_client(one, half_close=True)
    server = Channel.websocket_server(other, half_close="on")
    with client, server:
        both(client.handshake_op(), server.handshake_op())
        client.write_eof()
        assert server.read(1) == b""
        server.write_all(b"answer")
        assert client.read_exactly(6) == b"answer"
        server.close()
        assert client.read(1) == b""
        assert client.extra(WS_CLOSE_CODE) == 1000


def test_a_close_says_what_was_chosen(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    assert isinstance(server, WebSocketLayer)
    with pytest.raises(LocalProtocolError, match="close code 1005 with a reason of 3 bytes: it must be"):
        server.set_close(1005, "bye")
    with pytest.raises(LocalProtocolError, match="at most 123 bytes"):
        server.set_close(1000, "é" * 62)
    server.set_close(4001, "the device went away")
    server.close()
    with pytest.raises(WebSocketClosedError, match="with 4001 'the device went away'"):
        client.read(1)
    assert client.extra(WS_CLOSE_REASON) == "the device went away"


def test_a_broken_rule_is_answered_with_its_code_and_stays_an_error(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    wire(client).write_all(b"\x82\x00")
    for _ in range(2):
        with pytest.raises(FrameError, match="offset 0: not masked") as caught:
            server.read(1)
        assert caught.value.code == 1002
    with pytest.raises(WebSocketClosedError):
        client.read(1)
    assert client.extra(WS_CLOSE_CODE) == 1002


def test_a_failing_peer_is_told_from_one_that_ended(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    wire(server).write_all(b"\x88\x06\x03\xf3oops")
    with pytest.raises(WebSocketClosedError, match="1011 'oops'") as caught:
        client.read(1)
    assert (caught.value.code, caught.value.reason) == (1011, "oops")
    assert client.extra(WS_CLOSE_REASON) == "oops"


@settings(max_examples=20)
@given(st.lists(st.integers(1, 400_000), min_size=1, max_size=12), st.integers(65_536, 1_300_000))
def test_a_large_write_owes_no_more_than_one_frame(taken: list[int], size: int) -> None:
    raw, server = raw_server()
    data = memoryview(bytes(range(251)) * (size // 251 + 1))[:size]
    with raw, server:
        raw.sendall(REQUEST + b"\r\n")
        server.handshake()
        raw.recv(4096)
        raw.setblocking(False)
        came, done, turn = bytearray(), 0, 0
        while done < size:
            put = server.try_write(data[done:])
            if isinstance(put, int):
                done += put
                assert 0 < done <= size
            with suppress(BlockingIOError):
                came += raw.recv(taken[turn % len(taken)])
            turn += 1
            # What was accepted has come, lies in the kernel, or is owed.
            lies = struct.unpack("i", fcntl.ioctl(raw, termios.FIONREAD, bytes(4)))[0]
            assert done - len(came) - lies <= BATCH
        while server.try_flush() is not None:
            came += raw.recv(1 << 20)
        with suppress(BlockingIOError):
            while True:
                came += raw.recv(1 << 20)
        assert _payload(came) == data
        server.abort()


def _payload(wire: bytes | bytearray) -> bytes:
    """Return what frames of a server hold, none of more than a batch."""
    got, at = [], 0
    while at < len(wire):
        size, head = wire[at + 1], 2
        if size > 125:
            head = 4 if size == 126 else 10
            size = int.from_bytes(wire[at + 2 : at + head], "big")
        assert wire[at] == 0x82
        assert size <= BATCH
        got.append(wire[at + head : at + head + size])
        at += head + size
    return b"".join(got)


def test_the_first_bytes_of_a_giant_frame_are_there_at_once(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    wire(server).write_all(b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + b"abc")
    assert client.read(10) == b"abc"
    server.abort()
    with pytest.raises(TruncatedError, match="bytes before the end of the frame at offset 0"):
        client.read(1)


def test_our_client_talks_to_a_websockets_server() -> None:
    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with serve(echo, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            sock = socket.create_connection(server.socket.getsockname())
            with Channel.websocket_client(sock, "127.0.0.1", "/any") as channel:
                channel.handshake()
                for size in (1, 126, 70_000):
                    channel.write_all(b"a" * size)
                    assert channel.read_exactly(size) == b"a" * size
                assert isinstance(channel, WebSocketLayer)
                channel.frames.goodbye()
                assert channel.read(1) == b""
        finally:
            server.shutdown()
            thread.join()


def test_a_websockets_client_talks_to_our_server() -> None:
    one, other = socket.socketpair()
    server = Channel.websocket_server(other)
    failed: list[BaseException] = []

    def echo() -> None:
        try:
            server.handshake()
            while data := server.read(65536):
                server.write_all(data)
            server.close()
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    thread = threading.Thread(target=echo)
    thread.start()
    with server, websockets_connect("ws://localhost/", sock=one) as client:
        for size in (1, 126, 70_000):
            client.send(b"b" * size)
            got = b""
            while len(got) < size:
                piece = client.recv(timeout=5)
                assert isinstance(piece, bytes)
                got += piece
            assert got == b"b" * size
        client.ping(b"there?").wait(5)
        client.close(1001, "bye")
        thread.join(5)
    assert not failed
    assert server.extra(WS_CLOSE_CODE) == 1001
