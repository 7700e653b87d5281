from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from iochan.aio.channel import AsyncChannel
from iochan.channels.pipe import PipeChannel, pipe_pair
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import (
    ChannelBrokenError,
    ChannelClosedError,
    ChannelTimeout,
    UnsupportedFeature,
    WouldBlock,
)
from iochan.core.op import Op
from tests.descriptors import no_descriptor_is_left
from tests.drivers import RunOp, each_driver

MUCH = bytes(range(256)) * 2000


@each_driver
def test_more_than_a_pipe_holds_passes_under_every_driver(run_op: RunOp) -> None:
    got = bytearray(len(MUCH))
    with no_descriptor_is_left():
        reader, writer = pipe_pair()
        with reader, writer:
            thread = threading.Thread(target=writer.write_all, args=(MUCH,))
            thread.start()
            run_op(reader.readv_all_op([got]))
            thread.join()
    assert got == MUCH
    assert reader.fileno() == writer.fileno() == -1


@each_driver
def test_a_writer_that_waits_for_room_waits_under_every_driver(run_op: RunOp) -> None:
    reader, writer = pipe_pair()
    got = bytearray(len(MUCH))
    with reader, writer:
        thread = threading.Thread(target=reader.readv_all, args=([got],))
        thread.start()
        run_op(writer.write_all_op(MUCH))
        thread.join()
    assert got == MUCH


def test_a_pair_of_two_pipes_goes_both_ways() -> None:
    with no_descriptor_is_left():
        left, right = pipe_pair(both_ways=True)
        with left, right:
            left.write_all(b"ping")
            assert right.read() == b"ping"
            right.write_all(b"pong")
            assert left.read() == b"pong"
            assert left.fileno() == -1


def test_write_eof_ends_one_direction_and_the_other_goes_on() -> None:
    left, right = pipe_pair(both_ways=True)
    with left, right:
        left.write_all(b"last")
        left.write_eof()
        assert right.read_exactly(4) == b"last"
        assert right.read() == right.read() == b""
        right.write_all(b"still")
        assert left.read() == b"still"
        with pytest.raises(ChannelClosedError, match="has ended its writing direction"):
            left.write_all(b"x")


def test_the_missing_direction_is_refused() -> None:
    reader, writer = pipe_pair()
    with reader, writer:
        with pytest.raises(UnsupportedFeature, match="cannot be written"):
            reader.write_all(b"x")
        with pytest.raises(UnsupportedFeature, match="cannot be read"):
            writer.read()
        with pytest.raises(UnsupportedFeature):
            writer.ready(Condition.IN)
        with pytest.raises(UnsupportedFeature):
            reader.ready(Condition.OUT)


def test_a_reader_that_has_gone_breaks_the_writer() -> None:
    reader, writer = pipe_pair()
    reader.close()
    with writer, pytest.raises(ChannelBrokenError, match="broken pipe: its reader has gone") as caught:
        writer.write_all(b"x")
    assert isinstance(caught.value.__cause__, BrokenPipeError)


def test_an_empty_pipe_times_out_or_would_block() -> None:
    reader, writer = pipe_pair()
    with reader, writer:
        reader.timeout = 0.01
        with pytest.raises(ChannelTimeout):
            reader.read()
        reader.blocking = False
        with pytest.raises(WouldBlock):
            reader.read()
        with pytest.raises(WouldBlock):
            reader.readv([bytearray(1), bytearray(1)])
        writer.blocking = False
        assert writer.writev([MUCH, MUCH]) > 0
        with pytest.raises(WouldBlock):
            writer.writev([MUCH, MUCH])
        with pytest.raises(WouldBlock):
            writer.write(MUCH)


def test_ready_names_the_end_to_poll_and_knows_the_end_of_the_stream() -> None:
    left, right = pipe_pair(both_ways=True)
    with left, right:
        reads = left.ready(Condition.IN)
        writes = left.ready(Condition.OUT)
        both = left.ready(Condition.IN | Condition.OUT)
        hangup = left.ready(Condition.HUP)
        assert isinstance(reads, Blocked)
        assert isinstance(writes, Blocked)
        assert isinstance(both, Blocked)
        assert isinstance(hangup, Blocked)
        assert set(both.waits) == {*reads.waits, *writes.waits}
        assert hangup.waits[0][1] is Condition.HUP
        right.write_eof()
        assert left.read() == b""
        assert left.ready(Condition.IN) is Condition.IN


def test_a_fifo_at_its_end_stays_there_when_a_new_writer_comes(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with PipeChannel(os.open(path, os.O_RDONLY | os.O_NONBLOCK)) as channel:
        os.close(os.open(path, os.O_WRONLY))
        assert channel.read() == b""
        with PipeChannel(os.open(path, os.O_WRONLY)) as again:
            again.write_all(b"late")
            assert channel.read() == channel.read() == b""


def test_thousands_of_buffers_go_in_one_verb() -> None:
    reader, writer = pipe_pair()
    with reader, writer:
        writer.writev_all([bytes([n % 251]) for n in range(3000)])
        rooms = [bytearray(1) for _ in range(3000)]
        reader.readv_all(rooms)
        assert b"".join(rooms) == bytes(n % 251 for n in range(3000))


def test_awaited_verbs_echo_through_two_pipes() -> None:
    async def talk() -> bytes:
        left, right = pipe_pair(both_ways=True)
        with left, right:

            async def echo() -> None:
                there = AsyncChannel(right)
                while data := await there.read():
                    await there.write_all(data)

            here = AsyncChannel(left)
            task = asyncio.create_task(echo())
            await asyncio.sleep(0)
            await here.write_all(b"hello")
            room = bytearray(5)
            assert await here.readinto(room) == 5
            left.write_eof()
            await task
            return bytes(room)

    assert asyncio.run(talk()) == b"hello"


def test_closing_one_while_an_awaited_read_waits_ends_the_read() -> None:
    async def talk() -> None:
        reader, writer = pipe_pair()
        with writer:
            task = asyncio.create_task(AsyncChannel(reader).read())
            await asyncio.sleep(0)
            reader.abort()
            with pytest.raises(ChannelClosedError):
                await task

    asyncio.run(talk())


def drain(channel: PipeChannel) -> Op[bytes]:
    data = bytearray()
    while piece := (yield from channel.read_op()):
        data += piece
    return bytes(data)


@each_driver
def test_write_eof_wakes_a_reader_that_waits(run_op: RunOp) -> None:
    reader, writer = pipe_pair()
    with reader, writer:
        writer.write_all(b"abc")
        thread = threading.Thread(target=writer.write_eof)
        thread.start()
        assert run_op(drain(reader)) == b"abc"
        thread.join()
