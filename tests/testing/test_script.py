from __future__ import annotations

import pytest

from iochan.channels.pair import memory_pair
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import ChannelError
from iochan.core.op import Op, run
from iochan.testing.clock import MovedClock
from iochan.testing.drivers import DRIVERS, Driver
from iochan.testing.script import Break, End, Expect, ExpectEnd, Pause, Send, play_op


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
def drive(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.param
    return driver


def greet_op(channel: Channel) -> Op[bytes]:
    hello = yield from channel.read_exactly_op(5)
    yield from channel.write_all_op(b"my name is " + hello)
    yield from channel.write_eof_op()
    return (yield from channel.read_op())


def test_a_script_plays_the_other_side_of_a_protocol(drive: Driver) -> None:
    near, far = memory_pair()
    with near, far:
        steps = (Send(b"hello", pieces=2), Expect(b"my name is hello"), ExpectEnd(), Send(b"bye"), End())
        answer, _ = drive(greet_op(near), play_op(far, *steps))
        assert answer == b"bye"


def test_other_bytes_are_told_with_their_step_and_offset() -> None:
    near, far = memory_pair()
    with near, far:
        near.write_all(b"good")
        with pytest.raises(AssertionError, match=r"step 1 of the script, offset 2: b'od' came, b'ld' was"):
            run(play_op(far, Expect(b"gold")))


def test_an_early_end_is_told() -> None:
    near, far = memory_pair()
    with near, far:
        near.write_all(b"go")
        near.write_eof()
        with pytest.raises(AssertionError, match=r"offset 2: the end of the stream came, b'ld' was wanted"):
            run(play_op(far, Expect(b"gold")))


def test_bytes_where_the_end_should_be_are_told() -> None:
    near, far = memory_pair()
    with near, far:
        near.write_all(b"more")
        with pytest.raises(AssertionError, match="step 1 of the script: b'more' came where the stream"):
            run(play_op(far, ExpectEnd()))


def test_a_break_is_seen_by_the_other_side() -> None:
    near, far = memory_pair()
    with near:
        run(play_op(far, Break()))
        with pytest.raises(ChannelError):
            near.write_all(b"anybody there?")


def test_a_pause_lasts_as_long_as_it_says() -> None:
    near, far = memory_pair()
    with near, far, MovedClock() as clock:
        op = play_op(far, Pause(5))
        assert next(op) == Blocked(deadline=5.0)
        clock.advance(4)
        assert next(op) == Blocked(deadline=5.0)
        clock.advance(1)
        with pytest.raises(StopIteration):
            next(op)
