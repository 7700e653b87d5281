from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from iochan.address import InetAddress
from iochan.channels.listen import SocketListener, listen_op
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelBrokenError, ChannelTimeout
from iochan.core.op import run
from tests.drivers import RunOp, each_driver

Ends = tuple[SocketChannel, socket.socket]
_UNREAD = b"nobody reads this"


@pytest.fixture
def listener() -> Iterator[SocketListener]:
    with run(listen_op(InetAddress("127.0.0.1", 0))) as listener:
        yield listener


@pytest.fixture
def ends(listener: SocketListener) -> Iterator[Ends]:
    host, port = listener.addresses[0].removeprefix("tcp://").split(":")
    with socket.socket() as client:
        # A window that holds little: most of what is accepted stays with the sender's kernel.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        client.settimeout(10)
        client.connect((host, int(port)))
        channel = listener.accept(10)
        assert isinstance(channel, SocketChannel)
        yield channel, client
        channel.abort()


def fill(channel: SocketChannel) -> int:
    """Write until the kernel accepts no more, and return how much it did."""
    accepted = 0
    while not isinstance(put := channel.try_write(bytes(65536)), Blocked):
        accepted += put
    return accepted


def leave_unread(channel: SocketChannel, client: socket.socket) -> None:
    """Let *client* send what *channel* has and does not read."""
    client.sendall(_UNREAD)
    assert channel.peek(1) == _UNREAD[:1]


def count_all(client: socket.socket) -> int:
    """Read *client* to its end, and return how much came."""
    got = 0
    while data := client.recv(65536):
        got += len(data)
    return got


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Run *work* in a thread, which ends with the block."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@each_driver
def test_a_close_with_unread_input_loses_nothing_that_was_written(run_op: RunOp, ends: Ends) -> None:
    channel, client = ends
    accepted = fill(channel)
    leave_unread(channel, client)
    came: list[int] = []
    with beside(lambda: came.append(count_all(client))):
        run_op(channel.close_op())
    assert came == [accepted]


def test_input_that_comes_during_the_close_is_dropped(ends: Ends) -> None:
    channel, client = ends
    accepted = fill(channel)
    leave_unread(channel, client)
    op = channel.close_op()
    next(op)
    client.sendall(_UNREAD)
    came: list[int] = []
    with beside(lambda: came.append(count_all(client))):
        for blocked in op:
            assert blocked.deadline is not None
    assert came == [accepted]
    assert channel.closed


def test_a_peer_that_takes_nothing_holds_up_a_close_for_no_longer_than_it_is_told(ends: Ends) -> None:
    channel, client = ends
    fill(channel)
    leave_unread(channel, client)
    with pytest.raises(ChannelTimeout, match="closing tcp://"):
        channel.close(timeout=0.01)
    assert channel.closed


def test_a_connection_that_breaks_meanwhile_is_told(ends: Ends) -> None:
    channel, client = ends
    fill(channel)
    leave_unread(channel, client)
    op = channel.close_op()
    next(op)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    with pytest.raises(ChannelBrokenError, match="reset"):
        list(op)
    assert channel.closed


def test_a_peer_that_has_ended_is_not_waited_for(ends: Ends) -> None:
    channel, client = ends
    accepted = fill(channel)
    leave_unread(channel, client)
    client.shutdown(socket.SHUT_WR)
    channel.close(timeout=5)
    assert count_all(client) == accepted


def test_without_unread_input_a_close_waits_for_nobody(ends: Ends) -> None:
    channel, client = ends
    accepted = fill(channel)
    assert next(channel.close_op(), None) is None
    assert count_all(client) == accepted


def test_a_connection_that_others_may_share_keeps_their_input(ends: Ends) -> None:
    channel, client = ends
    fill(channel)
    leave_unread(channel, client)
    with channel.sock.dup() as others:
        channel.exclusive = False
        assert next(channel.close_op(), None) is None
        assert others.recv(100) == _UNREAD
