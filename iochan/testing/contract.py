"""What every channel promises, as tests: for authors of channels and layers.

Subclass `ByteStreamContract` in a test module, give it a fixture ``pair`` of two connected channels
and a fixture ``drive`` (one of `iochan.testing.drivers.DRIVERS`), and pytest runs the rest::

    class TestMyChannel(ByteStreamContract):
        @pytest.fixture
        def pair(self):
            left, right = my_pair()
            yield left, right
            left.abort(), right.abort()

        @pytest.fixture(params=DRIVERS)
        def drive(self, request):
            return DRIVERS[request.param]
"""

from __future__ import annotations

import itertools
import threading
from random import Random
from typing import Any

import pytest

from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import (
    ChannelBusyError,
    ChannelClosedError,
    ChannelError,
    ChannelTimeout,
    UnexpectedEOF,
    WouldBlock,
)
from iochan.core.feature import Feature
from iochan.core.op import Op
from iochan.core.watch import Watch
from iochan.testing.drivers import Driver

__all__ = ["ByteStreamContract", "pattern"]

Pair = tuple[Channel, Channel]


def pattern(size: int, seed: int = 1) -> bytes:
    """Return *size* bytes that betray a lost, doubled or swapped piece."""
    return Random(seed).randbytes(size)


class ByteStreamContract:
    """The promises of a two-way stream of bytes.

    Attributes:
        bulk: How many bytes a long transfer has; lower it under slow faults.
        half_close: Whether `Channel.write_eof` works.
        bound: More bytes than the pair may accept while nobody reads; None if it accepts all.
    """

    bulk = 100_000
    half_close = True
    bound: int | None = 64 * 1024 * 1024

    def test_what_is_written_is_read(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        _, got = drive(left.write_all_op(b"hello"), right.read_exactly_op(5))
        assert got == b"hello"
        _, back = drive(right.writev_all_op([b"wor", b"", b"ld"]), left.read_exactly_op(5))
        assert back == b"world"

    def test_both_directions_carry_much_at_the_same_time(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        there, back = pattern(self.bulk, 1), pattern(self.bulk, 2)
        _, _, got_right, got_left = drive(
            left.writev_all_op(pieces(there, 250)),
            right.writev_all_op(pieces(back, 7)),
            collect_op(right, len(there), 250),
            collect_op(left, len(back), 7),
        )
        assert got_right == there
        assert got_left == back

    def test_any_sizes_of_reads_and_writes_fit_together(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        data = pattern(self.bulk // 4, 3)
        _, got = drive(
            write_in_sizes_op(left, data, Random(4)), read_in_sizes_op(right, len(data), Random(5))
        )
        assert got == data

    def test_the_feature_tells_whether_there_is_a_half_close(self, pair: Pair) -> None:
        assert (Feature.HALF_CLOSE in pair[0].features) is self.half_close

    def test_the_end_of_the_stream_is_zero_and_stays(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        self.need_half_close()

        def ends_op() -> Op[list[Any]]:
            first = yield from right.read_exactly_op(3)
            second = yield from right.read_op(10)
            third = yield from right.readv_all_eof_op([bytearray(4)])
            fourth = yield from right.read_op(10)
            return [first, second, third, fourth]

        def end_op() -> Op[None]:
            yield from left.write_all_op(b"end")
            yield from left.write_eof_op()

        _, ends = drive(end_op(), ends_op())
        assert ends == [b"end", b"", False, b""]

    def test_the_other_direction_works_after_a_half_close(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        self.need_half_close()
        drive(left.write_eof_op())
        drive(drain_op(right))
        _, got = drive(right.write_all_op(b"still here"), left.read_exactly_op(10))
        assert got == b"still here"

    def test_an_end_in_the_middle_says_how_much_came(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        self.need_half_close()

        def half_op() -> Op[None]:
            yield from left.write_all_op(b"abc")
            yield from left.write_eof_op()

        with pytest.raises(UnexpectedEOF) as caught:
            drive(half_op(), right.read_exactly_op(8))
        assert (caught.value.got, caught.value.wanted) == (3, 8)

    def test_closing_in_order_loses_nothing_that_was_written(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        data = pattern(min(self.bulk, 50_000), 6)

        def send_op() -> Op[None]:
            yield from left.write_all_op(data)
            yield from left.close_op()

        _, got = drive(send_op(), drain_op(right))
        assert got == data

    def test_a_cancelled_read_takes_nothing(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        op = right.read_exactly_op(4)
        assert isinstance(next(op), Blocked)
        op.close()
        _, got = drive(left.write_all_op(b"safe"), right.read_exactly_op(4))
        assert got == b"safe"

    def test_a_writer_waits_for_a_reader(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        if self.bound is None:
            pytest.skip("this pair accepts all that is written")
        accepted, chunk = 0, memoryview(bytes(65536))
        while not isinstance(put := left.try_writev([chunk]), Blocked):
            accepted += put
            assert accepted < self.bound, "nobody reads, and everything is accepted"
        _, got = drive(left.flush_op(), collect_op(right, accepted, 1))
        assert got == bytes(accepted)

    def test_a_second_user_of_a_direction_is_refused(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        op = right.read_op()
        assert isinstance(next(op), Blocked)
        try:
            with pytest.raises(ChannelBusyError):
                right.read(1)
        finally:
            op.close()
        _, got = drive(left.write_all_op(b"x"), right.read_op(1))
        assert got == b"x"

    def test_a_closed_channel_refuses_every_verb(self, pair: Pair) -> None:
        left, _ = pair
        left.abort()
        left.abort()
        left.close()
        assert left.closed
        assert left.fileno() == -1
        for verb in (left.read, lambda: left.write(b"x"), lambda: left.write_all(b"x"), left.flush):
            with pytest.raises(ChannelClosedError):
                verb()

    def test_a_peer_that_left_is_noticed(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        right.abort()

        def fill_op() -> Op[None]:
            for _ in range(10_000):
                yield from left.write_all_op(bytes(65536))

        with pytest.raises(ChannelError):
            drive(fill_op())

    def test_without_blocking_nothing_waits(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        right.blocking = False
        with pytest.raises(WouldBlock):
            right.read()
        watch = Watch(right, Condition.IN)
        assert not watch.ready_now
        assert watch.waits or watch.deadline is not None
        drive(left.write_all_op(b"now"))
        got = b""
        while len(got) < 3:
            drive(ready_op(right))
            try:
                got += right.read()
            except WouldBlock:
                continue
        assert got == b"now"

    def test_bytes_inside_the_stack_are_ready(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        drive(left.write_all_op(b"abcdef"), right.read_exactly_op(1))
        # Whatever has been taken from the kernel already must be found without asking it.
        drive(ready_op(right))
        _, rest = drive(left.flush_op(), right.read_exactly_op(5))
        assert rest == b"bcdef"

    def test_a_timeout_says_so_and_loses_nothing(self, pair: Pair, drive: Driver) -> None:
        left, right = pair
        right.timeout = 0.01
        with pytest.raises(ChannelTimeout):
            right.read(4)
        right.timeout = None
        _, got = drive(left.write_all_op(b"late"), right.read_exactly_op(4))
        assert got == b"late"

    def test_a_shutdown_from_another_thread_wakes_a_reader(self, pair: Pair) -> None:
        _, right = pair
        if Feature.SHUTDOWN not in right.features:
            pytest.skip("this pair has no shutdown")
        ended: list[object] = []

        def read() -> None:
            try:
                ended.append(right.read())
            except ChannelError as error:
                ended.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        while not right.reading:
            pass
        right.shutdown()
        reader.join(10)
        assert not reader.is_alive()
        assert ended
        assert ended[0] == b"" or isinstance(ended[0], ChannelError)

    def need_half_close(self) -> None:
        """Leave out a test that only a channel with a half close can pass."""
        if not self.half_close:
            pytest.skip("this pair cannot end one direction alone")


def pieces(data: bytes, count: int) -> list[memoryview]:
    """Return *data* cut into *count* views of about the same size."""
    view = memoryview(data)
    edges = [len(data) * number // count for number in range(count + 1)]
    return [view[start:end] for start, end in itertools.pairwise(edges)]


def collect_op(channel: Channel, size: int, count: int) -> Op[bytes]:
    """Read *size* bytes into *count* buffers at once, and return them."""
    room = bytearray(size)
    view = memoryview(room)
    edges = [size * number // count for number in range(count + 1)]
    yield from channel.readv_all_op([view[start:end] for start, end in itertools.pairwise(edges)])
    return bytes(room)


def drain_op(channel: Channel) -> Op[bytes]:
    """Read to the end of the stream."""
    got = bytearray()
    while data := (yield from channel.read_op()):
        got += data
    return bytes(got)


def write_in_sizes_op(channel: Channel, data: bytes, random: Random) -> Op[None]:
    """Write *data* in pieces of random sizes, some with short writes, and flush."""
    view = memoryview(data)
    while view:
        size = random.choice((1, 7, 100, 5000, 70_000))
        if random.random() < 0.5:
            put = yield from channel.write_op(view[:size])
        else:
            yield from channel.write_all_op(view[:size])
            put = len(view[:size])
        view = view[put:]
    yield from channel.flush_op()


def read_in_sizes_op(channel: Channel, size: int, random: Random) -> Op[bytes]:
    """Read *size* bytes by reads of random sizes."""
    got = bytearray()
    while len(got) < size:
        data = yield from channel.read_op(min(random.choice((1, 3, 64, 4096, 100_000)), size - len(got)))
        assert data, "the stream ended early"
        got += data
    return bytes(got)


def ready_op(channel: Channel) -> Op[None]:
    """Wait until *channel* says that a read would not block."""
    answer = channel.ready(Condition.IN)
    if isinstance(answer, Blocked):
        yield answer
