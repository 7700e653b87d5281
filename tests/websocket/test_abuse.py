"""Peers that do what no honest one does."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

import pytest

from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import ChannelBrokenError, ChannelTimeout
from iochan.testing.drivers import DRIVERS
from tests.descriptors import no_descriptor_is_left

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PING = b"\x89\xfd\0\0\0\0" + bytes(125)
PONG = b"\x8a\x7d" + bytes(125)


def opened() -> tuple[socket.socket, Channel]:
    """Return the bare end of a client, and a server that is through its handshake."""
    one, other = socket.socketpair()
    server = Channel.websocket_server(other)
    one.sendall(REQUEST)
    DRIVERS["stepped"](server.handshake_op())
    assert one.recv(4096).startswith(b"HTTP/1.1 101")
    one.setblocking(False)
    return one, server


def take(raw: socket.socket) -> bytes:
    """Return all that has come."""
    got = b""
    try:
        while piece := raw.recv(1 << 20):
            got += piece
    except BlockingIOError:
        pass
    return got


def test_a_flood_of_pings_that_reads_no_answers_costs_no_memory() -> None:
    raw, server = opened()
    room = bytearray(100)
    flood = memoryview(PING * 101)
    sent = 0
    with raw:
        for _ in range(1000):
            with suppress(BlockingIOError):
                sent += raw.send(flood[sent % len(PING) :])
            assert isinstance(server.try_readinto(room), Blocked)
        raw.setblocking(True)
        raw.sendall(PING[sent % len(PING) :] if sent % len(PING) else b"")
        raw.sendall(b"\x82\x81\0\0\0\0x")
        assert server.read(10) == b"x"
        raw.setblocking(False)
        # What is between the two was full of answers; behind that one is owed, and no more.
        answers = take(raw)
        while isinstance(server.try_flush(), Blocked):
            answers += take(raw)
        answers += take(raw)
        assert 1 <= len(answers) // len(PONG) < sent // len(PING) // 2
        server.write_all(b"y")
        answers += take(raw)
        assert answers == PONG * (len(answers) // len(PONG)) + b"\x82\x01y"
        server.abort()


def test_a_peer_that_never_sends_its_close_holds_nobody_up() -> None:
    raw, server = opened()
    begin = time.monotonic()
    server.close()
    assert time.monotonic() - begin < 5
    with raw:
        assert raw.recv(100) == b"\x88\x02\x03\xe8"
        assert raw.recv(100) == b""


def test_a_peer_that_takes_nothing_is_given_up_at_the_close() -> None:
    raw, server = opened()
    with raw:
        while not isinstance(server.try_write(bytes(65536)), Blocked):
            pass
        with pytest.raises(ChannelTimeout):
            server.close(0.01)
        assert server.closed


def test_bytes_behind_a_close_are_not_read_as_frames() -> None:
    raw, server = opened()
    with raw:
        raw.sendall(b"\x88\x80\0\0\0\0" + b"\xff" * 100)
        assert server.read(10) == b""
        assert server.read(10) == b""
        with pytest.raises(ChannelBrokenError, match="the WebSocket is closed"):
            server.write_all(b"x")
        server.close()


@pytest.mark.parametrize("size", range(0, len(REQUEST), 7))
def test_a_handshake_that_is_dropped_leaves_nothing_open(size: int) -> None:
    with no_descriptor_is_left():
        one, other = socket.socketpair()
        server = Channel.websocket_server(other)
        one.sendall(REQUEST[:size])
        op = server.handshake_op()
        next(op)
        op.close()
        server.abort()
        client = Channel.websocket_client(one)
        op = client.handshake_op()
        with pytest.raises(ChannelBrokenError):
            next(op)
        client.abort()
