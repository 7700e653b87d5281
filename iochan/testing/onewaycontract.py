"""What a stream promises that goes one way only: a pipe, a FIFO, one half of a pair.

Subclass `OneWayContract`, give it a fixture ``flow`` of a channel that writes and the one that reads what
it wrote, and a fixture ``drive`` as for `iochan.testing.contract.ByteStreamContract`.
"""

from __future__ import annotations

from random import Random

import pytest

from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import (
    ChannelBusyError,
    ChannelClosedError,
    ChannelError,
    ChannelTimeout,
    UnexpectedEOF,
    UnsupportedFeature,
    WouldBlock,
)
from iochan.core.op import Op
from iochan.testing.contract import (
    collect_op,
    drain_op,
    pattern,
    pieces,
    read_in_sizes_op,
    ready_op,
    write_in_sizes_op,
)
from iochan.testing.drivers import Driver

__all__ = ["OneWayContract"]

Flow = tuple[Channel, Channel]


class OneWayContract:
    """The promises of a one-way stream of bytes.

    Attributes:
        bulk: How many bytes a long transfer has.
        bound: More bytes than may be accepted while nobody reads.
    """

    bulk = 100_000
    bound = 64 * 1024 * 1024

    def test_what_is_written_is_read(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        data = pattern(self.bulk)
        _, got = drive(writer.writev_all_op(pieces(data, 250)), collect_op(reader, len(data), 7))
        assert got == data

    def test_any_sizes_of_reads_and_writes_fit_together(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        data = pattern(self.bulk // 4, 3)
        _, got = drive(
            write_in_sizes_op(writer, data, Random(4)), read_in_sizes_op(reader, len(data), Random(5))
        )
        assert got == data

    def test_the_end_comes_with_the_close_and_stays(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        data = pattern(min(self.bulk, 50_000), 6)

        def send_op() -> Op[None]:
            yield from writer.write_all_op(data)
            yield from writer.close_op()

        _, got = drive(send_op(), drain_op(reader))
        assert got == data
        assert drive(reader.read_op()) == [b""]

    def test_an_end_of_writing_is_an_end_of_the_stream(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow

        def end_op() -> Op[None]:
            yield from writer.write_all_op(b"abc")
            yield from writer.write_eof_op()

        with pytest.raises(UnexpectedEOF) as caught:
            drive(end_op(), reader.read_exactly_op(8))
        assert (caught.value.got, caught.value.wanted) == (3, 8)

    def test_the_missing_direction_is_refused(self, flow: Flow) -> None:
        writer, reader = flow
        with pytest.raises(UnsupportedFeature):
            writer.read(1)
        with pytest.raises(UnsupportedFeature):
            reader.write(b"x")
        with pytest.raises(UnsupportedFeature):
            reader.writev([b"x"])

    def test_a_cancelled_read_takes_nothing(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        op = reader.read_exactly_op(4)
        assert isinstance(next(op), Blocked)
        op.close()
        _, got = drive(writer.write_all_op(b"safe"), reader.read_exactly_op(4))
        assert got == b"safe"

    def test_a_writer_waits_for_a_reader(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        accepted, chunk = 0, memoryview(bytes(65536))
        while not isinstance(put := writer.try_writev([chunk]), Blocked):
            accepted += put
            assert accepted < self.bound, "nobody reads, and everything is accepted"
        _, got = drive(writer.flush_op(), collect_op(reader, accepted, 1))
        assert got == bytes(accepted)

    def test_a_second_reader_is_refused(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        op = reader.read_op()
        assert isinstance(next(op), Blocked)
        try:
            with pytest.raises(ChannelBusyError):
                reader.read(1)
        finally:
            op.close()
        _, got = drive(writer.write_all_op(b"x"), reader.read_op(1))
        assert got == b"x"

    def test_a_reader_that_left_is_noticed(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        reader.abort()
        with pytest.raises(ChannelError):
            drive(writer.write_all_op(bytes(self.bulk)))

    def test_a_closed_channel_refuses_every_verb(self, flow: Flow) -> None:
        writer, reader = flow
        for channel in flow:
            channel.abort()
            channel.close()
            assert channel.closed
            assert channel.fileno() == -1
        for verb in (reader.read, lambda: writer.write(b"x"), lambda: writer.write_all(b"x"), writer.flush):
            with pytest.raises(ChannelClosedError):
                verb()

    def test_without_blocking_nothing_waits(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        reader.blocking = False
        with pytest.raises(WouldBlock):
            reader.read()
        drive(writer.write_all_op(b"now"), ready_op(reader))
        assert reader.read() == b"now"

    def test_a_timeout_says_so_and_loses_nothing(self, flow: Flow, drive: Driver) -> None:
        writer, reader = flow
        reader.timeout = 0.01
        with pytest.raises(ChannelTimeout):
            reader.read(4)
        reader.timeout = None
        _, got = drive(writer.write_all_op(b"late"), reader.read_exactly_op(4))
        assert got == b"late"
