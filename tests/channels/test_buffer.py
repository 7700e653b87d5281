from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.channels.buffer import BufferChannel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError, ChannelClosedError
from iochan.core.op import Op
from tests.drivers import RunOp, each_driver


@each_driver
def test_it_reads_and_writes_at_its_position_under_every_driver(run_op: RunOp) -> None:
    channel = BufferChannel(b"0123456789")

    def op() -> Op[bytes]:
        first = yield from channel.read_exactly_op(2)
        yield from channel.write_all_op(b"ab")
        yield from channel.pwritev_op([b"X", b"Y"], 12)
        room = bytearray(3)
        yield from channel.preadv_op([room], 9)
        return first + room + (yield from channel.read_op())

    assert run_op(op()) == b"01" + b"9\0\0" + b"456789\0\0XY"
    assert channel.contents() == b"01ab456789\0\0XY"
    channel.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(1, 50)),
        st.tuples(st.just("write"), st.binary(min_size=1, max_size=50)),
        st.tuples(st.just("seek"), st.integers(0, 120)),
        st.tuples(st.just("end"), st.integers(0, 20)),
    ),
    max_size=30,
)


@given(st.binary(max_size=60), STEPS)
def test_it_does_what_a_file_in_memory_of_python_does(
    initial: bytes, steps: list[tuple[str, int | bytes]]
) -> None:
    model = io.BytesIO(initial)
    with BufferChannel(initial) as channel:
        for step, value in steps:
            if isinstance(value, bytes):
                assert channel.write(value) == model.write(value)
            elif step == "read":
                assert channel.read(value) == model.read(value)
            else:
                whence = os.SEEK_SET if step == "seek" else os.SEEK_END
                assert channel.seek(value, whence) == model.seek(value, whence)
        assert channel.contents() == model.getvalue()


def test_the_end_comes_again_and_again_until_the_position_moves() -> None:
    with BufferChannel(b"ab") as channel:
        assert [channel.read(), channel.read(), channel.read()] == [b"ab", b"", b""]
        assert channel.seek(-1, os.SEEK_CUR) == 1
        assert channel.read() == b"b"


def test_what_does_not_fit_is_cut_and_then_refused() -> None:
    with BufferChannel(capacity=4) as channel:
        assert channel.write(b"abcdef") == 4
        with pytest.raises(ChannelBrokenError, match="is full, its capacity is 4 bytes"):
            channel.write(b"e")
        with pytest.raises(ChannelBrokenError):
            channel.pwritev([b"x"], 1 << 40)
        assert channel.contents() == b"abcd"
    with pytest.raises(ValueError, match="3 bytes do not fit into a buffer of 2"):
        BufferChannel(b"abc", capacity=2)


def test_offsets_before_the_start_and_unknown_whences_are_refused() -> None:
    with BufferChannel(b"ab") as channel:
        with pytest.raises(ValueError, match="no offset -1: offsets start at 0"):
            channel.seek(-1)
        with pytest.raises(ValueError, match="no offset -2"):
            channel.preadv([bytearray(1)], -2)
        with pytest.raises(ValueError, match="whence 9"):
            channel.seek(0, 9)


def test_it_is_always_ready_and_keeps_its_contents_after_the_close() -> None:
    channel = BufferChannel(b"kept")
    assert channel.ready(Condition.OUT) is Condition.OUT
    channel.close()
    with pytest.raises(ChannelClosedError):
        channel.read()
    assert channel.contents() == b"kept"
