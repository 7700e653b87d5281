from __future__ import annotations

import errno
import os
import resource
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iochan import connect, listen
from iochan.channels.socket import SocketChannel
from iochan.channels.unix import socketpair
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelBrokenError
from iochan.core.op import Op, run
from iochan.relay import Traffic, pump_op
from iochan.relay.splice import PIPE_SIZE, can_splice, splice_op
from iochan.testing.contract import drain_op, pattern
from iochan.testing.drivers import DRIVERS, Driver


@contextmanager
def tcp_pair() -> Iterator[tuple[SocketChannel, SocketChannel]]:
    with listen("tcp://127.0.0.1:0") as listener:
        client = connect(listener.addresses[0])
        with client, listener.accept() as server:
            assert isinstance(client, SocketChannel)
            assert isinstance(server, SocketChannel)
            yield client, server


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
def drive(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.param
    return driver


def feed_op(channel: SocketChannel, data: bytes) -> Op[None]:
    yield from channel.write_all_op(data)
    yield from channel.write_eof_op()


def test_all_that_comes_is_moved_and_counted(drive: Driver) -> None:
    data = pattern(2_000_000)
    counts: list[int] = []
    with tcp_pair() as (source, near), tcp_pair() as (far, sink):

        def move_op() -> Op[None]:
            assert (yield from splice_op(near, far, counts.append))
            yield from far.write_eof_op()

        _, _, got = drive(feed_op(source, data), move_op(), drain_op(sink))
    assert got == data
    assert sum(counts) == len(data)


def test_a_pump_changes_over_and_both_directions_arrive(drive: Driver) -> None:
    data = pattern(3_000_000)
    back = data[::-1]
    with tcp_pair() as (source, near), tcp_pair() as (far, sink):
        forward, backward = Traffic(), Traffic()
        *_, there, here = drive(
            feed_op(source, data),
            feed_op(sink, back),
            pump_op(near, far, forward),
            pump_op(far, near, backward),
            drain_op(sink),
            drain_op(source),
        )
    assert (there, here) == (data, back)
    assert (forward.count, backward.count) == (len(data), len(back))


def test_only_bare_tcp_of_our_own_making_is_spliced() -> None:
    with tcp_pair() as (client, server):
        assert can_splice(client, server)
        layered = client.layer("limit", read=10)
        assert not can_splice(layered, server)
    left, right = socketpair()
    with tcp_pair() as (client, server), left, right:
        assert not can_splice(left, server)
        server.exclusive = False
        assert not can_splice(client, server)


def test_a_sink_that_takes_nothing_holds_a_pipe_full_at_most() -> None:
    with tcp_pair() as (source, near), tcp_pair() as (far, _sink):
        counts: list[int] = []
        op = splice_op(near, far, counts.append)
        source.blocking = False
        sent = 0
        try:
            for _ in range(1000):
                sent += source.write(bytes(65536))
                assert isinstance(next(op), Blocked)
        except BlockingIOError:
            pass
        finally:
            op.close()
        # What the four socket buffers hold is the kernel's affair; the pipe is what was asked for.
        assert sent - sum(counts) < PIPE_SIZE + (16 << 20)
        assert sent < 65536 * 1000


def test_a_sink_that_left_is_told_by_name() -> None:
    with tcp_pair() as (source, near), tcp_pair() as (far, sink):
        sink.abort()
        op = splice_op(near, far, lambda _count: None)
        source.write_all(bytes(1000))
        with pytest.raises(ChannelBrokenError, match="writing to"):
            exhaust(op, source, near)


def exhaust(op: Op[bool], source: SocketChannel, near: SocketChannel) -> None:
    """Step *op*, with something more to move each time, until it ends."""
    for _ in range(3):
        assert isinstance(next(op), Blocked)
        source.write_all(bytes(1000))
        run(near_ready_op(near))


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def near_ready_op(channel: SocketChannel) -> Op[None]:
    yield channel.blocked_in


def test_without_descriptors_for_a_pipe_nothing_is_moved() -> None:
    with tcp_pair() as (_source, near), tcp_pair() as (far, _sink):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        free = os.open(os.devnull, os.O_RDONLY)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            assert run(splice_op(near, far, lambda _count: None)) is False
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_pipe_is_given_back_when_it_is_dropped() -> None:
    with tcp_pair() as (_source, near), tcp_pair() as (far, _sink):
        before = open_descriptors()
        op = splice_op(near, far, lambda _count: None)
        next(op)
        assert open_descriptors() == before + 2
        op.close()
        assert open_descriptors() == before


def test_a_source_that_broke_is_told_by_name() -> None:
    with tcp_pair() as (source, near), tcp_pair() as (far, _sink):
        op = splice_op(near, far, lambda _count: None)
        next(op)
        reset(source)
        run(near_ready_op(near))
        with pytest.raises(ChannelBrokenError, match="reading from") as caught:
            next(op)
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.__cause__.errno == errno.ECONNRESET


def reset(channel: SocketChannel) -> None:
    """Close so that the peer gets an RST."""
    channel.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    channel.abort()
