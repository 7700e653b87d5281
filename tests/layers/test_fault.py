from __future__ import annotations

import asyncio
import threading

import pytest

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError, ChannelTimeout
from iochan.core.op import run
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.layers.fault import BreakLayer, ClogLayer, DribbleLayer, StutterLayer, TruncateLayer

Pair = tuple[SocketChannel, SocketChannel]


def test_dribble_gives_and_takes_one_byte(pair: Pair) -> None:
    near, far = pair
    channel = DribbleLayer(near)
    assert channel.write(b"abc") == 1
    assert channel.writev([b"b", b"c"]) == 1
    far.write_all(b"xyz")
    assert [channel.read(), channel.read()] == [b"x", b"y"]
    assert far.read() == b"ab"


def test_stutter_is_blocked_on_every_other_call(pair: Pair) -> None:
    near, far = pair
    channel = StutterLayer(near)
    far.write_all(b"abc")
    room = bytearray(1)
    reads = [isinstance(channel.try_readinto(room), Blocked) for _ in range(4)]
    writes = [isinstance(channel.try_write(b"x"), Blocked) for _ in range(4)]
    assert reads == writes == [True, False, True, False]


def test_random_stutter_repeats_itself_by_its_seed(pair: Pair) -> None:
    near, far = pair

    def pattern(seed: int) -> list[bool]:
        channel = StutterLayer(near, seed)
        turns = [isinstance(channel.try_write(b"x"), Blocked) for _ in range(40)]
        far.read()
        return turns

    assert pattern(7) == pattern(7)
    assert pattern(7) != pattern(8)
    assert {True, False} == set(pattern(7))


@pytest.mark.parametrize("driver", ["run", "arun", "task"])
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_stutter_and_dribble_lose_nothing_under_any_driver(pair: Pair, seed: int | None, driver: str) -> None:
    near, far = pair
    channel: Channel = StutterLayer(DribbleLayer(StutterLayer(near, seed)), seed)
    far.write_all(b"0123456789")
    op = channel.read_exactly_op(10)
    if driver == "run":
        got = run(op, 10)
    elif driver == "arun":
        got = asyncio.run(arun(op))
    else:
        loop = PollLoop()
        task = Task(loop, op)
        loop.run()
        got = task.result()
    assert got == b"0123456789"


def test_clog_has_no_room_until_released(pair: Pair) -> None:
    near, far = pair
    channel = ClogLayer(near)
    channel.timeout = 0.01
    far.write_all(b"in")
    assert channel.read() == b"in"
    with pytest.raises(ChannelTimeout):
        channel.write_all(b"out")
    both = channel.ready(Condition.IN | Condition.OUT)
    assert isinstance(both, Blocked)
    assert both.waits[0] == (near, Condition.IN)
    assert channel.ready(Condition.OUT) == channel.try_write(b"x")
    channel.timeout = 10
    releaser = threading.Thread(target=channel.release)
    releaser.start()
    channel.write_all(b"out")
    releaser.join()
    channel.release()
    assert far.read() == b"out"
    assert channel.ready(Condition.OUT) is near.blocked_out
    channel.close()


def test_a_clogged_writer_is_woken_by_the_release_and_by_an_abort(pair: Pair) -> None:
    near, far = pair

    async def main() -> None:
        channel = ClogLayer(near)
        writing = asyncio.create_task(AsyncChannel(channel).write_all(b"out"))
        await asyncio.sleep(0)
        assert not writing.done()
        channel.release()
        await writing
        assert far.read() == b"out"
        second = ClogLayer(channel)
        writing = asyncio.create_task(AsyncChannel(second).write_all(b"out"))
        await asyncio.sleep(0)
        second.abort()
        with pytest.raises(ValueError, match="closed"):
            await writing

    asyncio.run(main())


def test_truncate_ends_the_stream(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"abcdef")
    channel = TruncateLayer(near, 4)
    assert [channel.read(3), channel.read(), channel.read()] == [b"abc", b"d", b""]


def test_break_raises_once_a_direction_is_through_and_for_ever(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"abcdef")
    channel = BreakLayer(near, read=2)
    channel.write_all(b"unlimited")
    assert channel.read() == b"ab"
    assert channel.ready(Condition.IN) is Condition.IN
    for call in (channel.read, channel.read, lambda: channel.write(b"x")):
        with pytest.raises(ChannelBrokenError, match="told to"):
            call()
    assert channel.ready(Condition.OUT) is Condition.OUT


def test_the_faults_are_found_by_name_with_text_options(pair: Pair) -> None:
    channel: Channel = pair[0].layer("dribble").layer("stutter", seed="3")
    channel = channel.layer("truncate", after="1K").layer("break", read="2", write="3")
    assert str(channel) == "break+truncate+stutter+dribble+near"
