from __future__ import annotations

import asyncio
import math
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.aio.channel import AsyncChannel
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import TruncatedError
from iochan.core.feature import ReadFlag
from iochan.layers.errors import ReplayMismatch, TapeError
from iochan.layers.record import RecordLayer
from iochan.layers.replay import ReplayChannel
from iochan.layers.tape import Kind, Sender, pack_gap, pack_record, pack_start
from iochan.layers.tapewriter import TapeWriter
from tests.layers.conftest import MovedClock

A, B = Sender.A, Sender.B
SECOND = 1_000_000_000
TALK = (
    pack_start({})
    + pack_record(A, Kind.DATA, SECOND, b"hello")
    + pack_record(B, Kind.DATA, SECOND, b"welcome")
    + pack_record(A, Kind.DATA, SECOND, b" bye")
    + pack_record(B, Kind.EOF, SECOND)
)
CLOSE = pack_record(A, Kind.CLOSE, SECOND)


def test_the_peer_is_played_and_the_program_compared() -> None:
    with ReplayChannel(TALK + CLOSE) as channel:
        assert channel.ready(Condition.IN) is Condition.IN
        assert channel.read(4) == b"welc"
        assert channel.read() == b"ome"
        channel.write_all(b"hell")
        channel.writev_all([b"o b", b"y", b"e"])
        channel.write_eof()
        assert [channel.read(), channel.read()] == [b"", b""]


def test_the_program_is_played_for_a_peer() -> None:
    with ReplayChannel(TALK + CLOSE, side="a") as channel:
        assert channel.read_exactly(9) == b"hello bye"
        channel.write_all(b"welcome")
        assert channel.read() == b""


@pytest.mark.parametrize(
    ("wrote", "offset", "text"),
    [
        (b"hellO", 4, r"byte 4 .*expected b'o', got b'O'"),
        (b"hello byte", 8, r"byte 8 .*expected b'e', got b't'"),
        (b"hello bye!", 9, r"byte 9 .*expected the end, got b'!'"),
    ],
)
def test_what_differs_is_named_with_its_offset(wrote: bytes, offset: int, text: str) -> None:
    with ReplayChannel(TALK + CLOSE) as channel, pytest.raises(ReplayMismatch, match=text) as caught:
        channel.write_all(wrote)
    assert caught.value.offset == offset


def test_an_early_end_of_writing_is_a_mismatch() -> None:
    with ReplayChannel(TALK + CLOSE) as channel:
        channel.write_all(b"hello")
        with pytest.raises(ReplayMismatch, match="ended at byte 5, where the tape has b' bye'"):
            channel.write_eof()


def test_writes_may_be_ignored() -> None:
    with ReplayChannel(TALK, compare=False) as channel:
        channel.write_all(b"anything")
        channel.write_eof()
        assert channel.read() == b"welcome"


def test_reads_keep_the_times_of_the_tape(moved: MovedClock) -> None:
    start = moved.time
    with ReplayChannel(TALK + CLOSE, speed=2.0) as channel:
        room = bytearray(20)
        assert channel.try_readinto(room) == Blocked(deadline=start + 1)
        assert channel.ready(Condition.IN) == Blocked(deadline=start + 1)
        assert channel.ready(Condition.IN | Condition.OUT) is Condition.OUT
        moved.time = start + 1
        assert channel.try_readinto(room) == 7
        assert channel.try_readinto(room) == Blocked(deadline=start + 2)
        moved.time = start + 2
        assert channel.try_readinto(room) == 0


def test_a_cut_tape_is_told_after_what_it_has() -> None:
    for tape in (TALK[:-14], TALK[:-1], TALK + CLOSE[:-1]):
        with ReplayChannel(tape, side="a") as channel:
            assert channel.read_exactly(9) == b"hello bye"
            with pytest.raises(TruncatedError, match="ends at byte 9"):
                channel.read()
            assert channel.readv([bytearray(1)], flags=ReadFlag.RELAXED_EOF) == 0
    with ReplayChannel(TALK) as channel:
        channel.write_all(b"hello bye")
        with pytest.raises(TruncatedError, match="cut after byte 9"):
            channel.write(b"?")


def test_a_gap_fits_every_write_and_cannot_be_read() -> None:
    tape = pack_start({}) + pack_gap(A, 0, 3) + pack_record(A, Kind.DATA, 0, b"x") + CLOSE
    with ReplayChannel(tape) as channel:
        channel.write_all(b"???x")
        assert channel.read() == b""
    with (
        ReplayChannel(tape, side="a") as channel,
        pytest.raises(TapeError, match="3 bytes are missing") as caught,
    ):
        channel.read()
    assert caught.value.offset == len(pack_start({}))


def test_a_broken_tape_is_an_error_at_its_place() -> None:
    with ReplayChannel(TALK[:-14] + b"\xff" * 14) as channel:
        assert channel.read() == b"welcome"
        with pytest.raises(TapeError, match="the sender is 255"):
            channel.read()


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        ReplayChannel(TALK, speed=0)
    with pytest.raises(ValueError, match="'a' or 'b'"):
        ReplayChannel(TALK, side="c")


def test_it_works_awaited_in_the_time_of_the_tape() -> None:
    async def main() -> bytes:
        channel = AsyncChannel(ReplayChannel(TALK + CLOSE, speed=100))
        got = await channel.read()
        channel.channel.close()
        return got

    start = time.monotonic()
    assert asyncio.run(main()) == b"welcome"
    assert time.monotonic() - start >= 0.02


@given(steps=st.lists(st.tuples(st.sampled_from("rw"), st.binary(min_size=1, max_size=99)), max_size=8))
def test_what_was_recorded_can_be_played(
    steps: list[tuple[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("tape") / "tape"
    played = talk(path, steps)
    with ReplayChannel(path, math.inf) as channel:
        for way, data in steps:
            if way == "w":
                channel.write_all(data)
        assert b"".join(iter(channel.read, b"")) == played
        channel.write_eof()


def talk(path: Path, steps: list[tuple[str, bytes]]) -> bytes:
    """Have the conversation *steps* with a real peer, recorded, and return what was read."""
    near, far = map(SocketChannel, socket.socketpair())
    read = b""
    with RecordLayer(near, TapeWriter(path)) as channel, far:
        for way, data in steps:
            source, sink = (far, channel) if way == "r" else (channel, far)
            source.write_all(data)
            got = sink.read_exactly(len(data))
            read += got if way == "r" else b""
    return read
