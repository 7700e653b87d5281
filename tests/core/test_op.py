from __future__ import annotations

import pytest

from iochan.channels.unix import socketpair
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError, ChannelTimeout
from iochan.core.op import Op, poll_masks, run, wait, within


def forever_op(blocked: Blocked) -> Op[None]:
    while True:
        yield blocked


def test_run_returns_what_the_operation_returns() -> None:
    def op() -> Op[str]:
        yield Blocked(deadline=0.0)
        return "done"

    assert run(op()) == "done"


def test_a_deadline_ends_an_operation_and_closes_it() -> None:
    closed: list[bool] = []

    def op() -> Op[None]:
        try:
            yield from forever_op(Blocked(deadline=float("inf")))
        finally:
            closed.append(True)

    with pytest.raises(ChannelTimeout, match=r"the greeting did not end within 0\.01 s"):
        run(within(op(), 0.01, "the greeting"))
    assert closed == [True]


def test_the_earlier_of_two_deadlines_counts() -> None:
    blocked = Blocked(deadline=5.0)
    assert blocked.by(9.0).deadline == 5.0
    assert blocked.by(1.0).deadline == 1.0
    assert blocked.by(None) is blocked
    assert (blocked | Blocked(deadline=3.0)).deadline == 3.0
    assert blocked | None is blocked


def test_waiting_for_nothing_is_a_defect_and_says_so() -> None:
    with pytest.raises(RuntimeError, match="blocked for ever"):
        wait(Blocked())


def test_two_waits_on_one_descriptor_are_polled_together() -> None:
    left, right = socketpair()
    with left, right:
        both = Blocked(((left, Condition.IN), (left, Condition.OUT)))
        assert list(poll_masks(both)) == [left.fileno()]
        wait(both)
        fd = left.fileno()
    assert fd >= 0
    with pytest.raises(ChannelClosedError):
        wait(Blocked(((left, Condition.IN),)))


def test_the_clock_can_be_moved() -> None:
    before = clock.set_source(lambda: 12.5)
    try:
        assert clock.now() == 12.5
    finally:
        clock.set_source(before)
