from __future__ import annotations

import array
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.errors import (
    ChannelBrokenError,
    ChannelBusyError,
    ChannelClosedError,
    ChannelTimeout,
    UnsupportedFeature,
    WouldBlock,
)
from iochan.core.feature import WriteFlag
from iochan.core.layer import Layer
from iochan.core.op import run
from iochan.core.writing import HELD_LIMIT

Ends = tuple[SocketChannel, SocketChannel]


@pytest.fixture
def ends() -> Iterator[Ends]:
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    pair = SocketChannel(near), SocketChannel(far)
    yield pair
    for channel in pair:
        channel.abort()


def fill(channel: SocketChannel) -> int:
    count = 0
    while not isinstance(put := channel.try_write(bytes(4096)), Blocked):
        count += put
    return count


class Sink(threading.Thread):
    """Reads all that comes."""

    def __init__(self, far: SocketChannel) -> None:
        super().__init__()
        self.far = far
        self.data = bytearray()
        self.start()

    @override
    def run(self) -> None:
        while piece := self.far.read():
            self.data += piece


def test_all_of_it_arrives_in_order(ends: Ends) -> None:
    near, far = ends
    sink = Sink(far)
    parts = [bytes([index]) * 50_000 for index in range(4)]
    near.write_all(parts[0])
    near.writev_all(parts[1:3])
    run(near.write_all_op(parts[3]))
    near.flush()
    near.close()
    sink.join()
    assert sink.data == b"".join(parts)


def test_a_write_takes_what_fits_and_says_how_much(ends: Ends) -> None:
    near, far = ends
    big = array.array("i", range(100_000))
    near.blocking = False
    put = near.write(big)
    assert 0 < put < big.itemsize * len(big)
    room = bytearray(put)
    far.readv_all([room])
    assert room == big.tobytes()[:put]
    assert near.writev([b"ab", memoryview(b"cd")]) == 4
    assert run(near.write_op(b"e")) == 1
    assert far.read() == b"abcde"


def test_numbers_are_written_as_their_bytes(ends: Ends) -> None:
    near, far = ends
    sink = Sink(far)
    numbers = array.array("i", range(20_000))
    near.write_all(numbers)
    near.writev_all([numbers, memoryview(numbers.tobytes()).cast("H", (5_000, 8))])
    near.close()
    sink.join()
    assert sink.data == numbers.tobytes() * 3


def test_empty_writes_send_nothing_even_when_full(ends: Ends) -> None:
    near, _ = ends
    fill(near)
    assert near.write(b"") == near.writev([]) == near.writev([b"", b""]) == 0
    near.write_all(b"")
    near.writev_all([b""])


def test_without_blocking_a_write_that_would_wait_raises(ends: Ends) -> None:
    near, far = ends
    sent = fill(near)
    near.blocking = False
    verbs: tuple[Callable[[], object], ...] = (lambda: near.write(b"x"), lambda: near.writev([b"x"]))
    for verb in verbs:
        with pytest.raises(WouldBlock, match="socket accepts nothing now: wait for OUT"):
            verb()
        assert not near.writing
    sink = Sink(far)
    near.write_all(b"last")  # promises all, so it waits
    near.close()
    sink.join()
    assert len(sink.data) == sent + 4


def test_a_timeout_ends_a_write(ends: Ends) -> None:
    near, _ = ends
    fill(near)
    near.timeout = 0.01
    verbs: tuple[Callable[[], object], ...] = (
        lambda: near.write(b"x"),
        lambda: near.writev([b"x"]),
        lambda: near.write_all(b"x"),
        lambda: near.writev_all([b"x"]),
    )
    for verb in verbs:
        with pytest.raises(ChannelTimeout, match=r"did not end within 0\.01 s: allow more time"):
            verb()
        assert not near.writing


def test_a_second_writer_is_refused(ends: Ends) -> None:
    near, _ = ends
    fill(near)
    op = near.write_all_op(b"x")
    next(op)
    for verb in (
        lambda: near.write(b"x"),
        lambda: near.write_all(b"x"),
        lambda: near.writev([b"x"]),
        lambda: near.writev_all([b"x"]),
        near.flush,
        near.write_eof,
    ):
        with pytest.raises(ChannelBusyError, match="socket has a writer already: one at a time"):
            verb()
    op.close()
    assert not near.writing


def test_a_closed_channel_writes_no_more(ends: Ends) -> None:
    near, _ = ends
    near.close()
    for verb in (
        lambda: near.write(b"x"),
        lambda: near.write_all(b"x"),
        lambda: near.writev_all([b"x"]),
        near.flush,
    ):
        with pytest.raises(ChannelClosedError, match="socket is closed"):
            verb()


def test_a_peer_that_is_gone_breaks_the_write(ends: Ends) -> None:
    ends[1].close()
    with pytest.raises(ChannelBrokenError, match="writing to socket failed: broken pipe"):
        ends[0].write_all(b"x")


def test_a_cork_gathers_until_flush(ends: Ends) -> None:
    near, far = ends
    far.blocking = False
    near.set_cork(True)
    near.set_cork(True)
    assert near.write(b"a") == 1
    near.write_all(array.array("i", [1]))
    assert run(near.write_op(b"b")) == 1
    run(near.write_all_op(b"c"))
    with pytest.raises(WouldBlock):
        far.read()
    near.flush()
    assert far.read() == b"a" + array.array("i", [1]).tobytes() + b"bc"
    near.write(b"d")
    near.writev([b"e"])  # in order
    assert far.read(2) in (b"d", b"de")
    near.set_cork(False)
    near.write(b"f")
    assert far.read().endswith(b"f")


@pytest.mark.parametrize("as_op", [False, True])
def test_a_full_cork_sends(ends: Ends, as_op: bool) -> None:
    near, far = ends
    sink = Sink(far)
    near.set_cork(True)
    data = bytes(HELD_LIMIT - 1)
    near.write_all(data)
    assert near.held is not None
    assert len(near.held) == HELD_LIMIT - 1
    if as_op:
        run(near.write_all_op(b"x"))
    else:
        near.write_all(b"x")
    assert near.held == b""
    near.close()
    sink.join()
    assert sink.data == data + b"x"


def test_a_cancelled_flush_keeps_what_was_gathered(ends: Ends) -> None:
    near, far = ends
    sent = fill(near)
    near.set_cork(True)
    near.write_all(b"kept")
    op = near.flush_op()
    next(op)
    op.close()
    assert bytes(near.held or b"") == b"kept"
    sink = Sink(far)
    near.close()
    sink.join()
    assert sink.data[sent:] == b"kept"


def test_descriptors_need_the_feature(ends: Ends) -> None:
    top = Layer(ends[0], "plain")
    with (
        Path(os.devnull).open() as file,
        pytest.raises(UnsupportedFeature, match="plain cannot send descriptors"),
    ):
        top.writev([b"x"], [file])


def test_zero_copy_needs_the_feature(ends: Ends) -> None:
    top = Layer(ends[0], "plain")
    with pytest.raises(UnsupportedFeature, match="plain cannot send without copying"):
        top.writev([b"x"], flags=WriteFlag.ZERO_COPY)
