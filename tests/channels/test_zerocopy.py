"""Zero-copy writes: accounted for, flushed, and never sent from memory that was given back."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from iochan.address import InetAddress
from iochan.channels.connect import connect_op
from iochan.channels.socket import SocketChannel
from iochan.channels.zerocopy import ZeroCopyChannel
from iochan.core.errors import DescriptorError, UnsupportedFeature
from iochan.core.feature import Feature, WriteFlag
from iochan.core.op import run
from tests.drivers import RunOp, each_driver

ZERO_COPY = WriteFlag.ZERO_COPY


@pytest.fixture(params=["127.0.0.1", "::1"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[ZeroCopyChannel, socket.socket]]:
    host: str = request.param
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]
        channel = run(connect_op(InetAddress(host, port), make=ZeroCopyChannel))
        peer = server.accept()[0]
        with peer, channel:
            assert isinstance(channel, ZeroCopyChannel)
            if Feature.ZERO_COPY not in channel.features:
                pytest.skip("this kernel has no SO_ZEROCOPY")
            yield channel, peer


Pair = tuple[ZeroCopyChannel, socket.socket]


def receive(sock: socket.socket, count: int) -> bytes:
    return sock.recv(count, socket.MSG_WAITALL)


@each_driver
def test_flush_waits_until_the_kernel_has_let_go(run_op: RunOp, pair: Pair) -> None:
    channel, peer = pair
    data = bytearray(os.urandom(10_000))
    for _ in range(3):
        run_op(channel.writev_all_op([data], flags=ZERO_COPY))
    run_op(channel.flush_op())
    data.clear()  # a buffer that is still lent could not be resized
    assert len(receive(peer, 30_000)) == 30_000
    assert channel.copied in {0, 3}


def test_until_then_the_buffer_is_held(pair: Pair) -> None:
    channel, _ = pair
    data = bytearray(1000)
    channel.writev([data], flags=ZERO_COPY)
    with pytest.raises(BufferError):
        data.clear()
    channel.flush()
    data.clear()


def test_plain_and_zero_copy_writes_keep_their_order(pair: Pair) -> None:
    channel, peer = pair
    channel.write_all(b"a" * 10)
    channel.writev_all([b"b" * 20, b"c" * 10], flags=ZERO_COPY)
    channel.write_all(b"d" * 10)
    assert receive(peer, 50) == b"a" * 10 + b"b" * 20 + b"c" * 10 + b"d" * 10
    channel.flush()


def test_a_reader_that_waits_is_not_woken_for_ever_by_completions(pair: Pair) -> None:
    channel, peer = pair
    channel.writev([b"x" * 1000], flags=ZERO_COPY)
    receive(peer, 1000)
    op = channel.read_op()
    for _ in range(3):
        assert next(op) is channel.blocked_in
    peer.sendall(b"answer")
    assert run(op) == b"answer"
    channel.flush()


def test_closing_in_order_waits_for_completions_and_loses_nothing(pair: Pair) -> None:
    channel, peer = pair
    channel.writev_all([b"x" * 20_000], flags=ZERO_COPY)
    channel.close()
    assert len(receive(peer, 20_001)) == 20_000


def test_an_abort_sends_nothing_from_memory_that_is_given_back(pair: Pair) -> None:
    channel, peer = pair
    channel.writev([b"x" * 1000], flags=ZERO_COPY)
    channel.abort()
    with pytest.raises(ConnectionResetError):  # noqa: PT012 - what had arrived may come first
        while peer.recv(65536):
            pass


def test_sockets_without_the_feature_refuse_the_flag() -> None:
    left, right = socket.socketpair()
    with (
        right,
        SocketChannel(left) as channel,
        pytest.raises(UnsupportedFeature, match="send without copying"),
    ):
        channel.writev([b"x"], flags=ZERO_COPY)


def test_descriptors_do_not_travel_with_it(pair: Pair) -> None:
    with pytest.raises((UnsupportedFeature, DescriptorError)):
        pair[0].writev([b"x"], fds=[0], flags=ZERO_COPY)
