from __future__ import annotations

import pytest

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelClosedError
from iochan.core.op import wait
from iochan.core.wakeup import Wakeup
from tests.descriptors import no_descriptor_is_left


def sleeps(blocked: Blocked) -> bool:
    started = clock.now()
    wait(blocked.by(started + 0.005))
    return clock.now() >= started + 0.005


def test_it_is_awake_from_fire_until_it_is_armed_again() -> None:
    wakeup = Wakeup()
    blocked = wakeup.arm()
    assert sleeps(blocked)
    wakeup.fire()
    wakeup.fire()
    assert not sleeps(blocked)
    assert not sleeps(blocked)
    assert wakeup.arm() is blocked
    assert sleeps(blocked)
    assert wakeup.arm() is blocked
    wakeup.close()


def test_fire_without_a_wait_takes_no_descriptor() -> None:
    with no_descriptor_is_left():
        wakeup = Wakeup()
        wakeup.fire()


def test_who_waits_after_the_close_is_told() -> None:
    wakeup = Wakeup()
    with no_descriptor_is_left():
        blocked = wakeup.arm()
        wakeup.close()
        wakeup.close()
    with pytest.raises(ChannelClosedError):
        wait(blocked)
    wakeup.fire()
