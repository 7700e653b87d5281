from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from typing_extensions import override

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.channels.socket import SocketChannel
from iochan.core.attribute import Attribute, Attributes
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import ChannelClosedError
from iochan.core.feature import Feature
from iochan.core.op import Op
from iochan.layers.duplex import DuplexChannel
from iochan.layers.fault import DribbleLayer
from iochan.layers.prefix import PrefixLayer

Pair = tuple[SocketChannel, SocketChannel]
MakePair = Callable[[], Pair]

COLOUR = Attribute[str]("colour")
SIZE = Attribute[int]("size")


class NoHalfClose(DribbleLayer):
    """A layer whose protocol ends both directions at once."""

    @override
    def end_writing_op(self) -> Op[None]:
        yield from Channel.end_writing_op(self)


class Known(DribbleLayer):
    """A layer with facts of its own."""

    def __init__(self, lower: SocketChannel, facts: Attributes) -> None:
        super().__init__(lower)
        self.facts = facts

    @override
    def attributes(self) -> Attributes:
        return self.facts


def test_reads_come_from_one_and_writes_go_to_the_other(make_pair: MakePair) -> None:
    (reader, source), (writer, sink) = make_pair(), make_pair()
    channel = DuplexChannel(reader, writer)
    source.write_all(b"in")
    assert channel.read() == b"in"
    channel.write_all(b"out")
    channel.writev_all([b"a", b"b"])
    assert sink.read_exactly(5) == b"outab"
    assert channel.lower is None
    assert channel.fileno() == -1
    assert str(channel) == "duplex(near, near)"


def test_ready_asks_each_side_for_its_own(make_pair: MakePair) -> None:
    (reader, _), (writer, _) = make_pair(), make_pair()
    channel = DuplexChannel(reader, writer)
    assert channel.ready(Condition.IN) is reader.blocked_in
    assert channel.ready(Condition.OUT) is writer.blocked_out
    both = channel.ready(Condition.IN | Condition.OUT)
    assert isinstance(both, Blocked)
    assert both.waits == ((reader, Condition.IN), (writer, Condition.OUT))
    early = DuplexChannel(PrefixLayer(reader, b"x"), writer)
    assert early.ready(Condition.IN | Condition.OUT) is Condition.IN
    hup = channel.ready(Condition.HUP)
    assert isinstance(hup, Blocked)
    assert [pollable for pollable, _ in hup.waits] == [reader, writer]


def test_ending_the_writing_leaves_the_reading(make_pair: MakePair) -> None:
    (reader, source), (writer, sink) = make_pair(), make_pair()
    channel = DuplexChannel(reader, writer)
    channel.write_eof()
    assert sink.read() == b""
    source.write_all(b"still")
    assert channel.read() == b"still"


def test_a_writer_without_half_close_is_closed_to_end_it(make_pair: MakePair) -> None:
    (reader, source), (writer, sink) = make_pair(), make_pair()
    one_way = NoHalfClose(writer)
    channel = DuplexChannel(reader, one_way)
    channel.write_eof()
    assert one_way.closed
    assert sink.read() == b""
    source.write_all(b"still")
    assert channel.read() == b"still"
    with pytest.raises(ChannelClosedError):
        channel.write(b"x")
    channel.close()


def test_closing_closes_both_and_shutdown_reaches_both(make_pair: MakePair) -> None:
    (reader, _), (writer, sink) = make_pair(), make_pair()
    channel = DuplexChannel(reader, writer)
    assert Feature.SHUTDOWN in channel.features
    channel.shutdown(Shutdown.WRITE)
    assert sink.read() == b""
    channel.shutdown(Shutdown.READ)
    assert channel.read() == b""
    channel.close()
    assert reader.closed
    assert writer.closed


def test_facts_come_from_the_reader_first(make_pair: MakePair) -> None:
    (reader, _), (writer, _) = make_pair(), make_pair()
    channel = DuplexChannel(
        PrefixLayer(Known(reader, {COLOUR: lambda: "red"}), b""),
        Known(writer, {COLOUR: lambda: "blue", SIZE: lambda: 4}),
    )
    assert channel.extra(COLOUR) == "red"
    assert channel.extra(SIZE) == 4


def test_one_channel_is_no_pair(pair: Pair) -> None:
    with pytest.raises(ValueError, match="goes both ways already"):
        DuplexChannel(pair[0], pair[0])


def test_it_works_awaited_both_ways_at_once(make_pair: MakePair) -> None:
    (reader, source), (writer, sink) = make_pair(), make_pair()

    async def main() -> bytes:
        duplex = DuplexChannel(reader, writer)
        channel = AsyncChannel(duplex)
        reading = asyncio.create_task(arun(duplex.read_exactly_op(3)))
        data = b"x" * 50_000
        got, *_ = await asyncio.gather(arun(sink.read_exactly_op(len(data))), channel.write_all(data))
        assert got == data
        source.write_all(b"end")
        return await reading

    assert asyncio.run(main()) == b"end"
