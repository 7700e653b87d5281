"""One protocol body, written once, under every driver."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core.channel import Channel
from iochan.core.errors import ChannelTimeout, UnexpectedEOF
from iochan.core.op import Op, within
from tests.drivers import DRIVERS

LARGE = 300_000  # more than a socket's buffers hold, so that both sides have to wait


def exchange_op(channel: Channel, request: bytes) -> Op[bytes]:
    yield from channel.writev_all_op([struct.pack("!I", len(request)), request])
    head = yield from channel.read_exactly_op(4)
    (size,) = struct.unpack("!I", head)
    return (yield from channel.read_exactly_op(size))


def answer(sock: socket.socket) -> None:
    """Return one request, reversed."""
    with sock, sock.makefile("rb") as incoming:
        (size,) = struct.unpack("!I", incoming.read(4))
        body = incoming.read(size)
        sock.sendall(struct.pack("!I", len(body)) + body[::-1])


@pytest.fixture(params=DRIVERS)
def drive(request: pytest.FixtureRequest) -> Callable[[Op[Any]], Any]:
    return DRIVERS[request.param]


@pytest.fixture
def ends() -> Iterator[tuple[SocketChannel, socket.socket]]:
    near, far = socket.socketpair()
    with SocketChannel(near) as channel, far:
        yield channel, far


@pytest.mark.parametrize("size", [0, 1, LARGE])
def test_a_request_gets_its_reply(
    drive: Callable[[Op[Any]], Any], ends: tuple[SocketChannel, socket.socket], size: int
) -> None:
    channel, far = ends
    request = bytes(index % 251 for index in range(size))
    peer = threading.Thread(target=answer, args=(far,))
    peer.start()
    reply = drive(exchange_op(channel, request))
    peer.join()
    assert reply == request[::-1]
    assert not channel.reading
    assert not channel.writing


def test_a_peer_that_leaves_in_the_middle_is_an_unexpected_end(
    drive: Callable[[Op[Any]], Any], ends: tuple[SocketChannel, socket.socket]
) -> None:
    channel, far = ends
    far.sendall(struct.pack("!I", 5) + b"ab")
    far.shutdown(socket.SHUT_WR)
    with pytest.raises(UnexpectedEOF) as caught:
        drive(exchange_op(channel, b"x"))
    assert (caught.value.got, caught.value.wanted) == (2, 5)


def test_a_silent_peer_meets_the_deadline(
    drive: Callable[[Op[Any]], Any], ends: tuple[SocketChannel, socket.socket]
) -> None:
    channel, _far = ends
    with pytest.raises(ChannelTimeout, match=r"the reply did not end within 0\.02 s"):
        drive(within(exchange_op(channel, b"x"), 0.02, "the reply"))
    assert not channel.reading
