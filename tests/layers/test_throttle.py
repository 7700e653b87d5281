from __future__ import annotations

import asyncio
import time

import pytest

from iochan.aio.driver import arun
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import AddressError, WouldBlock
from iochan.layers.throttle import Bucket, ThrottleLayer
from tests.layers.conftest import MovedClock

Pair = tuple[SocketChannel, SocketChannel]


def test_a_bucket_is_full_first_and_fills_at_its_rate(moved: MovedClock) -> None:
    bucket = Bucket(1000, 200)
    assert bucket.allow() == 200
    bucket.take(200)
    blocked = bucket.allow()
    assert isinstance(blocked, Blocked)
    assert blocked.deadline == pytest.approx(moved.time + 0.01)
    moved.time += 0.05
    allowed = bucket.allow()
    assert isinstance(allowed, int)
    assert 49 <= allowed <= 50
    moved.time += 1000
    assert bucket.allow() == 200


def test_a_slow_bucket_gives_single_bytes(moved: MovedClock) -> None:
    bucket = Bucket(2, 1)
    bucket.take(1)
    blocked = bucket.allow()
    assert isinstance(blocked, Blocked)
    assert blocked.deadline is not None
    moved.time = blocked.deadline
    assert bucket.allow() == 1


def test_reads_and_writes_pass_at_their_own_pace(pair: Pair, moved: MovedClock) -> None:
    near, far = pair
    far.write_all(b"x" * 50)
    channel = ThrottleLayer(near, read_rate=100, write_rate=1000)
    channel.blocking = False
    assert len(channel.read()) == 10
    with pytest.raises(WouldBlock):
        channel.read()
    assert channel.write(b"y" * 500) == 100
    moved.time += 0.2
    assert (len(channel.read()), channel.write(b"y" * 500)) == (10, 100)


def test_ready_names_the_time_and_still_asks_for_the_other_direction(pair: Pair, moved: MovedClock) -> None:
    near, _ = pair
    channel = ThrottleLayer(near, write_rate=100, burst=1)
    assert channel.ready(Condition.OUT) is near.blocked_out
    channel.write(b"a")
    blocked = channel.ready(Condition.OUT)
    assert isinstance(blocked, Blocked)
    assert not blocked.waits
    assert blocked.deadline == pytest.approx(moved.time + 0.01)
    both = channel.ready(Condition.IN | Condition.OUT)
    assert isinstance(both, Blocked)
    assert both.waits == ((near, Condition.IN),)
    assert both.deadline == blocked.deadline


def test_a_transfer_takes_the_time_that_the_rate_says(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"x" * 2000)
    channel = ThrottleLayer(near, read_rate=20_000, burst=500)
    start = time.monotonic()
    assert len(channel.read_exactly(2000)) == 2000
    assert 0.07 <= time.monotonic() - start < 5


def test_it_works_awaited(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"x" * 300)

    async def main() -> int:
        channel = ThrottleLayer(near, read_rate=10_000, burst=100)
        return len(await arun(channel.read_exactly_op(300)))

    assert asyncio.run(main()) == 300


def test_rates_come_as_text_one_for_both_or_each(pair: Pair) -> None:
    channel = pair[0].layer("throttle", rate="1M", read_rate="4K", burst="2K")
    assert isinstance(channel, ThrottleLayer)
    reads, writes = channel._reads, channel._writes
    assert reads is not None
    assert writes is not None
    assert (reads.rate, writes.rate) == (4096, 1 << 20)
    with pytest.raises(AddressError, match=r"throttle\.write_rate=0"):
        pair[1].layer("throttle", write_rate="0")
    with pytest.raises(ValueError, match="at least 1"):
        ThrottleLayer(pair[1], read_rate=0)
