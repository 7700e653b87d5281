from __future__ import annotations

import threading

import pytest

from iochan.channels.unix import socketpair
from iochan.core.errors import ChannelTimeout, WouldBlock
from iochan.core.primitives import MAX_SPIN


def test_a_spinning_read_gets_what_comes_at_once_and_what_comes_late() -> None:
    near, far = socketpair()
    with near, far:
        near.spin = MAX_SPIN
        for delay in (0.0, 0.05):
            timer = threading.Timer(delay, far.write_all, [b"answer"])
            timer.start()
            assert near.read() == b"answer"
            timer.join()


def test_a_timeout_and_non_blocking_mode_are_kept() -> None:
    near, far = socketpair()
    with near, far:
        near.spin = MAX_SPIN
        near.timeout = 0.01
        with pytest.raises(ChannelTimeout):
            near.read()
        near.blocking = False
        with pytest.raises(WouldBlock):
            near.read()


def test_reads_that_spun_for_nothing_stop_spinning() -> None:
    near, far = socketpair()
    with near, far:
        near.spin = MAX_SPIN
        near.timeout = 0.005
        counts = []
        for _ in range(10):
            with pytest.raises(ChannelTimeout):
                near.read()
            counts.append(near._misses)
        assert counts == list(range(1, 11))
        far.write_all(b"x")
        assert near.read() == b"x"


@pytest.mark.parametrize("seconds", [-1, 0.1, float("nan")])
def test_a_spin_has_bounds(seconds: float) -> None:
    near, far = socketpair()
    with near, far:
        with pytest.raises(ValueError, match="it must be 0 to"):
            near.spin = seconds
        assert near.spin == 0
