from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.channels.ring import RingChannel
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.op import Op
from iochan.core.opening import connect
from tests.drivers import RunOp, each_driver


@each_driver
def test_what_is_written_is_read_under_every_driver(run_op: RunOp) -> None:
    channel = RingChannel()

    def op() -> Op[bytes]:
        yield from channel.writev_all_op([b"abc", b"defg"])
        return (yield from channel.read_op())

    assert run_op(op()) == b"abcdefg"
    channel.close()


@given(st.lists(st.one_of(st.binary(max_size=9), st.integers(1, 9))), st.integers(1, 8))
def test_the_last_bytes_are_kept_and_the_others_counted(steps: list[bytes | int], size: int) -> None:
    kept, lost = b"", 0
    with RingChannel(size) as ring:
        for step in steps:
            if isinstance(step, bytes):
                assert ring.try_write(step) == len(step)
                kept += step
                lost += max(0, len(kept) - size)
                kept = kept[-size:]
            elif kept:
                assert ring.read(step) == kept[:step]
                kept = kept[step:]
            else:
                assert isinstance(ring.try_readinto(bytearray(step)), Blocked)
            assert ring.overwritten == lost


def test_an_empty_one_can_be_written_and_waits_for_bytes() -> None:
    with connect("ring:?size=4") as ring:
        assert ring.ready(Condition.IN | Condition.OUT) == Condition.OUT
        assert isinstance(ring.ready(Condition.IN), Blocked)
        thread = threading.Thread(target=ring.write, args=(b"later",))
        ring.timeout = 20
        thread.start()
        assert ring.read_exactly(4) == b"ater"
        thread.join()


def test_a_ring_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="give at least 1"):
        RingChannel(0)
