from __future__ import annotations

import asyncio
import time

import pytest

from iochan.aio.channel import AsyncChannel
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import AddressError, ChannelBrokenError
from iochan.layers.delay import DelayLayer
from iochan.layers.fault import BreakLayer, DribbleLayer
from tests.layers.conftest import MovedClock

Pair = tuple[SocketChannel, SocketChannel]


def test_each_byte_comes_its_delay_after_it_was_seen(pair: Pair, moved: MovedClock) -> None:
    near, far = pair
    channel = DelayLayer(near, 2.0)
    room = bytearray(10)
    assert channel.try_readinto(room) is near.blocked_in
    far.write_all(b"abc")
    blocked = channel.try_readinto(room)
    assert isinstance(blocked, Blocked)
    assert blocked == Blocked(near.blocked_in.waits, moved.time + 2)
    moved.time += 1
    far.write_all(b"def")
    assert isinstance(channel.try_readinto(room), Blocked)
    moved.time += 1
    assert channel.ready(Condition.IN) is Condition.IN
    assert channel.try_readinto(memoryview(room)[:2]) == 2
    assert channel.try_readinto(memoryview(room)[2:]) == 1
    assert isinstance(channel.try_readinto(room), Blocked)
    moved.time += 1
    assert channel.try_readinto(memoryview(room)[3:]) == 3
    assert room[:6] == b"abcdef"


def test_the_end_comes_late_too_and_stays(pair: Pair, moved: MovedClock) -> None:
    near, far = pair
    channel = DelayLayer(near, 1.0)
    far.write_all(b"x")
    far.close()
    room = bytearray(4)
    blocked = channel.try_readinto(room)
    assert blocked == Blocked(deadline=moved.time + 1)
    assert channel.ready(Condition.IN) == blocked
    moved.time += 1
    assert [channel.try_readinto(room) for _ in range(3)] == [1, 0, 0]


def test_an_error_comes_after_what_came_before_it(pair: Pair, moved: MovedClock) -> None:
    near, far = pair
    far.write_all(b"xy")
    channel = DelayLayer(BreakLayer(near, read=2), 1.0)
    room = bytearray(4)
    assert isinstance(channel.try_readinto(room), Blocked)
    moved.time += 1
    assert channel.try_readinto(room) == 2
    with pytest.raises(ChannelBrokenError):
        channel.try_readinto(room)


def test_what_is_under_way_is_bounded(pair: Pair, moved: MovedClock) -> None:
    near, far = pair
    channel = DelayLayer(DribbleLayer(near), 1.0)
    far.write_all(b"x" * 1100)
    blocked = channel.try_readinto(bytearray(2000))
    assert blocked == Blocked(deadline=moved.time + 1)
    assert channel.ready(Condition.IN | Condition.OUT) == Blocked(
        near.blocked_out.waits, deadline=moved.time + 1
    )
    moved.time += 1
    assert channel.try_readinto(bytearray(2000)) == 1024


def test_a_blocking_read_takes_the_delay_and_writes_pass(pair: Pair) -> None:
    near, far = pair
    channel = DelayLayer(near, 0.03)
    far.write_all(b"late")
    start = time.monotonic()
    assert channel.read() == b"late"
    assert time.monotonic() - start >= 0.03
    channel.write_all(b"now")
    assert far.read() == b"now"


def test_it_works_awaited(pair: Pair) -> None:
    near, far = pair

    async def main() -> bytes:
        channel = AsyncChannel(DelayLayer(near, 0.01))
        reading = asyncio.create_task(channel.read())
        await asyncio.sleep(0)
        far.write_all(b"late")
        return await reading

    assert asyncio.run(main()) == b"late"


def test_it_is_found_by_name_with_text_options(pair: Pair) -> None:
    channel = pair[0].layer("delay", seconds="250ms")
    assert isinstance(channel, DelayLayer)
    assert channel.seconds == 0.25
    with pytest.raises(AddressError, match=r"delay\.seconds"):
        pair[1].layer("delay", seconds="soon")
    with pytest.raises(ValueError, match="0 or more"):
        DelayLayer(pair[1], -1)
