from __future__ import annotations

import array
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core.errors import (
    ChannelBusyError,
    ChannelClosedError,
    ChannelTimeout,
    UnexpectedEOF,
    UnsupportedFeature,
    WouldBlock,
)
from iochan.core.fd import FdBox
from iochan.core.layer import Layer
from iochan.core.op import run

Ends = tuple[SocketChannel, SocketChannel]


@pytest.fixture
def ends() -> Iterator[Ends]:
    near, far = map(SocketChannel, socket.socketpair())
    yield near, far
    near.abort()
    far.abort()


def later(far: SocketChannel, data: bytes) -> threading.Timer:
    timer = threading.Timer(0.005, far.write_all, (data,))
    timer.start()
    return timer


def test_each_verb_waits_for_bytes(ends: Ends) -> None:
    near, far = ends
    room = bytearray(4)
    verbs: tuple[Callable[[], object], ...] = (
        lambda: near.readinto(room),
        lambda: near.readv([room]),
        lambda: run(near.readinto_op(room)),
    )
    for verb in verbs:
        timer = later(far, b"four")
        assert verb() == 4
        timer.join()
        assert room == b"four"
    reads: tuple[Callable[[], object], ...] = (
        near.read,
        lambda: near.peek(9) and near.read(),
        lambda: near.read_exactly(4),
    )
    for read in reads:
        timer = later(far, b"data")
        assert read() == b"data"
        timer.join()


def test_a_read_returns_what_is_there(ends: Ends) -> None:
    ends[1].write_all(b"abcdef")
    assert ends[0].read(2) == b"ab"
    assert ends[0].peek() == b"cdef"
    assert ends[0].peek(1) == b"c"
    first, second = bytearray(1), bytearray(9)
    assert ends[0].readv([first, bytearray(), second]) == 4
    assert first + second[:3] == b"cdef"


def test_empty_buffers_read_nothing_and_wait_for_nothing(ends: Ends) -> None:
    near, _ = ends
    assert near.readinto(bytearray()) == 0
    assert near.readv([]) == 0
    assert near.readv([bytearray(), bytearray()]) == 0
    assert near.read(0) == run(near.read_op(0)) == near.read_exactly(0) == b""
    near.readv_all([])
    assert near.readv_all_eof([bytearray()]) is True


def test_a_negative_size_is_refused(ends: Ends) -> None:
    with pytest.raises(ValueError, match="read of -1 bytes"):
        ends[0].read(-1)
    with pytest.raises(ValueError, match="read of -5 bytes"):
        run(ends[0].read_op(-5))


def test_the_end_of_the_stream_is_for_ever(ends: Ends) -> None:
    near, far = ends
    far.write_all(b"x")
    far.close()
    assert near.read() == b"x"
    for _ in range(2):
        assert near.read() == b""
        assert near.readinto(bytearray(1)) == 0
        assert near.peek() == b""
        assert near.readv([bytearray(1)]) == 0
        assert near.readv_all_eof([bytearray(1)]) is False
        with pytest.raises(UnexpectedEOF) as caught:
            near.read_exactly(3)
        assert (caught.value.got, caught.value.wanted) == (0, 3)


def test_a_record_that_is_cut_says_how_much_came(ends: Ends) -> None:
    near, far = ends
    far.write_all(b"abcd")
    far.close()
    first, second = bytearray(2), bytearray(5)
    with pytest.raises(UnexpectedEOF, match="the stream ended after 4 of 7 bytes") as caught:
        near.readv_all_eof([first, second])
    assert (caught.value.got, caught.value.wanted) == (4, 7)
    assert first + second[:2] == b"abcd"


def test_records_are_filled_across_buffers(ends: Ends) -> None:
    near, far = ends
    parts = [bytearray(1), bytearray(3), bytearray(2)]
    far.write_all(b"ab")
    timer = later(far, b"cdefrest")
    near.readv_all(parts)
    timer.join()
    assert b"".join(parts) == b"abcdef"
    assert near.read() == b"rest"


def test_buffers_of_any_format_are_bytes(ends: Ends) -> None:
    near, far = ends
    far.write_all(bytes(range(24)))
    numbers = array.array("i", [0, 0])
    assert near.readinto(numbers) == 8
    grid = memoryview(bytearray(16)).cast("H", (2, 4))
    near.readv_all([grid])
    assert numbers.tobytes() + grid.tobytes() == bytes(range(24))


def test_without_blocking_a_read_that_would_wait_raises(ends: Ends) -> None:
    near, far = ends
    near.blocking = False
    verbs: tuple[Callable[[], object], ...] = (
        near.read,
        near.peek,
        lambda: near.readinto(bytearray(1)),
        lambda: near.readv([bytearray(1)]),
    )
    for verb in verbs:
        with pytest.raises(WouldBlock, match="nothing to read from socket now: wait for IN"):
            verb()
        assert not near.reading
    # Half a record is no answer: verbs that promise all wait all the same.
    timer = later(far, b"abc")
    assert near.read_exactly(3) == b"abc"
    timer.join()


def test_a_timeout_is_for_the_whole_verb(ends: Ends) -> None:
    near, far = ends
    near.timeout = 0.01
    verbs: tuple[Callable[[], object], ...] = (
        near.read,
        lambda: near.readinto(bytearray(1)),
        lambda: near.readv([bytearray(1)]),
    )
    for verb in verbs:
        with pytest.raises(ChannelTimeout, match=r"nothing came on socket within 0\.01 s: allow more time"):
            verb()
    far.write_all(b"a")
    records: tuple[Callable[[], object], ...] = (
        lambda: near.read_exactly(2),
        lambda: near.readv_all([bytearray(1)]),
    )
    for record in records:
        with pytest.raises(ChannelTimeout, match=r"did not end within 0\.01 s"):
            record()
        assert not near.reading
    with pytest.raises(ValueError, match="a timeout of -1 s"):
        near.timeout = -1


def test_a_second_reader_is_refused(ends: Ends) -> None:
    near, _ = ends
    op = near.read_op()
    next(op)
    verbs: tuple[Callable[[], object], ...] = (
        near.read,
        near.peek,
        lambda: near.readinto(bytearray(1)),
        lambda: near.readv([bytearray(1)]),
        lambda: near.readv_all([bytearray(1)]),
        lambda: near.read_exactly(1),
        lambda: run(near.read_op()),
    )
    for verb in verbs:
        with pytest.raises(ChannelBusyError, match="socket has a reader already: one at a time"):
            verb()
    op.close()
    near.blocking = False
    with pytest.raises(WouldBlock):
        near.read()


def test_a_closed_channel_reads_no_more(ends: Ends) -> None:
    near, _ = ends
    op = near.read_op()
    next(op)
    near.close()
    with pytest.raises(ChannelClosedError):
        next(op)
    verbs: tuple[Callable[[], object], ...] = (
        near.read,
        lambda: near.readv_all([bytearray(1)]),
        lambda: near.readinto(bytearray(1)),
    )
    for verb in verbs:
        with pytest.raises(ChannelClosedError, match="socket is closed: it cannot be used any more"):
            verb()


def test_a_cancelled_read_has_taken_nothing(ends: Ends) -> None:
    near, far = ends
    room = [bytearray(9)]
    for op in (near.read_op(), near.readv_op(room), near.peek_op(), near.readv_all_op(room)):
        next(op)
        far.write_all(b"x")
        op.close()
        assert near.read() == b"x"


def test_descriptors_and_peeking_need_their_features(ends: Ends) -> None:
    top = Layer(ends[0], "plain")
    with pytest.raises(UnsupportedFeature, match="cannot receive descriptors: it lacks the feature FD_PASS"):
        top.readv([bytearray(1)], FdBox())
    with pytest.raises(UnsupportedFeature, match="plain cannot peek"):
        top.peek()
