from __future__ import annotations

import pytest

from iochan.channels.unix import socketpair
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelTimeout
from iochan.core.op import within
from iochan.testing.clock import MovedClock


def test_a_deadline_passes_when_the_clock_is_moved() -> None:
    left, right = socketpair()
    with left, right, MovedClock(100.0) as moved:
        op = within(left.read_op(), 5, "the greeting")
        assert isinstance(next(op), Blocked)
        moved.advance(4.9)
        assert next(op).deadline == 105.0
        moved.advance(0.1)
        with pytest.raises(ChannelTimeout, match="the greeting"):
            next(op)


def test_the_true_clock_comes_back_and_time_never_goes_back() -> None:
    with MovedClock() as moved:
        assert clock.now() == 0.0
        with pytest.raises(ValueError, match="cannot go back"):
            moved.advance(-1)
    assert clock.now() > 0
