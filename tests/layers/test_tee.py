from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError, WouldBlock
from iochan.core.feature import Feature
from iochan.layers.fault import BreakLayer, ClogLayer, DribbleLayer
from iochan.layers.tee import TeeLayer

Pair = tuple[SocketChannel, SocketChannel]
MakePair = Callable[[], Pair]


def test_each_direction_is_copied_to_its_sink(make_pair: MakePair) -> None:
    (near, far), (reads, seen), (writes, said) = make_pair(), make_pair(), make_pair()
    channel = TeeLayer(near, DribbleLayer(reads), writes)
    far.write_all(b"question")
    assert channel.read() == b"question"
    channel.writev_all([b"answ", b"er"])
    assert far.read_exactly(6) == said.read_exactly(6) == b"answer"
    channel.close()
    assert seen.read_exactly(8) == b"question"
    assert not reads.closed


def test_without_sinks_all_passes(pair: Pair) -> None:
    near, far = pair
    channel = TeeLayer(near)
    channel.write_all(b"out")
    far.write_all(b"in")
    assert (channel.read(), far.read()) == (b"in", b"out")
    assert Feature.CONCURRENT in channel.features


def test_the_traffic_waits_for_a_sink_without_room(make_pair: MakePair) -> None:
    (near, far), (sink, copy) = make_pair(), make_pair()
    clogged = ClogLayer(sink)
    channel = TeeLayer(near, clogged, clogged)
    channel.blocking = False
    assert Feature.CONCURRENT not in channel.features
    far.write_all(b"one")
    assert channel.read() == b"one"
    far.write_all(b"two")
    with pytest.raises(WouldBlock):
        channel.read()
    assert channel.ready(Condition.IN) == clogged.ready(Condition.OUT)
    both = channel.ready(Condition.IN | Condition.OUT)
    assert isinstance(both, Blocked)
    assert (near, Condition.OUT) in both.waits
    assert channel.write(b"three") == 5
    assert channel.try_flush() is not None
    clogged.release()
    assert channel.read() == b"two"
    channel.flush()
    assert copy.read_exactly(11) == b"onetwothree"
    clogged.close()


def test_a_sink_without_room_may_leave_a_counted_gap(make_pair: MakePair) -> None:
    (near, far), (sink, copy) = make_pair(), make_pair()
    clogged = ClogLayer(sink)
    channel = TeeLayer(near, clogged, drop=True)
    far.write_all(b"lost")
    assert channel.read() == b"lost"
    clogged.release()
    far.write_all(b"kept")
    assert channel.read() == b"kept"
    assert copy.read() == b"kept"
    assert channel.reads is not None
    assert channel.reads.gap == 4
    clogged.close()


def test_a_broken_sink_breaks_the_channel_but_loses_nothing(make_pair: MakePair) -> None:
    (near, far), (sink, _) = make_pair(), make_pair()
    channel = TeeLayer(near, BreakLayer(sink, write=0))
    far.write_all(b"data")
    assert channel.read() == b"data"
    assert channel.ready(Condition.IN) is near.blocked_in
    with pytest.raises(ChannelBrokenError, match=r"the copy to break\+near failed"):
        channel.read()


def test_a_broken_sink_may_end_the_copy_only(make_pair: MakePair) -> None:
    (near, far), (sink, copy) = make_pair(), make_pair()
    channel = TeeLayer(near, write_sink=BreakLayer(sink, write=3), strict=False)
    channel.write_all(b"abc")
    channel.write_all(b"def")
    channel.write_all(b"ghi")
    assert far.read_exactly(9) == b"abcdefghi"
    assert copy.read() == b"abc"
    assert channel.writes is not None
    assert isinstance(channel.writes.error, ChannelBrokenError)


def test_it_works_awaited_with_a_sink_that_is_read_slowly(make_pair: MakePair) -> None:
    (near, far), (sink, copy) = make_pair(), make_pair()
    data = bytes(range(256)) * 200

    async def collect(channel: Channel) -> bytes:
        view, parts = AsyncChannel(channel), []
        while part := await view.read(700):
            parts.append(part)
        return b"".join(parts)

    async def send() -> None:
        await AsyncChannel(far).write_all(data)
        far.close()

    async def main() -> tuple[bytes, bytes]:
        channel = TeeLayer(near, sink)
        copied = asyncio.create_task(collect(copy))
        got, _ = await asyncio.gather(collect(channel), send())
        await arun(channel.close_op())
        sink.close()
        return got, await copied

    assert asyncio.run(main()) == (data, data)
