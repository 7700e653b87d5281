from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from iochan.aio.channel import AsyncChannel
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError, WouldBlock
from iochan.layers.fault import ClogLayer
from iochan.layers.record import RecordLayer
from iochan.layers.tape import Kind, Sender
from iochan.layers.tapefile import TapeFile
from iochan.layers.tapewriter import TapeWriter

Pair = tuple[SocketChannel, SocketChannel]
A, B = Sender.A, Sender.B


def entries(tape: Path | bytes) -> list[tuple[Sender, Kind, bytes | int]]:
    with TapeFile(tape) as file:
        return [(one.sender, one.kind, one.gap or one.payload) for one in file]


def test_both_directions_and_their_ends_are_kept(pair: Pair, tmp_path: Path) -> None:
    near, far = pair
    path = tmp_path / "tape"
    channel = RecordLayer(near, TapeWriter(path))
    channel.writev_all([b"quest", b"ion"])
    far.write_all(b"answer")
    assert channel.read() == b"answer"
    channel.write_eof()
    assert far.read_exactly(8) == b"question"
    far.close()
    assert [channel.read(), channel.read()] == [b"", b""]
    channel.close()
    assert near.closed
    assert entries(path) == [
        (A, Kind.DATA, b"question"),
        (B, Kind.DATA, b"answer"),
        (A, Kind.EOF, b""),
        (B, Kind.EOF, b""),
        (A, Kind.CLOSE, b""),
    ]


def test_an_abort_leaves_a_whole_tape(pair: Pair, tmp_path: Path) -> None:
    channel = RecordLayer(pair[0], TapeWriter(tmp_path / "tape"))
    channel.write_all(b"x")
    channel.abort()
    assert entries(tmp_path / "tape") == [(A, Kind.DATA, b"x"), (A, Kind.CLOSE, b"")]


def test_a_full_disk_stops_the_recording_and_not_the_traffic(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    near, far = pair
    channel = RecordLayer(near, TapeWriter("/dev/full"))
    far.write_all(b"in")
    with caplog.at_level(logging.WARNING, "iochan.record"):
        channel.tape._buffer += bytes(70_000)
        assert channel.ready(Condition.OUT) is near.blocked_out
        channel.write_all(b"out")
        assert channel.read() == b"in"
        channel.close()
    assert far.read() == b"out"
    assert isinstance(channel.tape.error, ChannelBrokenError)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("recording of near stopped: tape /dev/full: writing it failed")


def test_a_full_disk_breaks_a_strict_recording(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"in")
    channel = RecordLayer(near, TapeWriter("/dev/full"), strict=True)
    channel.tape._buffer += bytes(70_000)
    assert channel.ready(Condition.IN) is Condition.IN
    for call in (channel.read, lambda: channel.write(b"x")):
        with pytest.raises(ChannelBrokenError, match="tape /dev/full"):
            call()
    with pytest.raises(ChannelBrokenError, match="tape /dev/full"):
        channel.close()
    assert channel.closed


def test_the_traffic_waits_for_a_tape_without_room(make_pair: Callable[[], Pair]) -> None:
    (near, far), (sink, _) = make_pair(), make_pair()
    clogged = ClogLayer(sink)
    channel = RecordLayer(near, TapeWriter(clogged))
    channel.blocking = False
    channel.tape._buffer += bytes(70_000)
    far.write_all(b"in")
    for call in (channel.read, lambda: channel.write(b"x")):
        with pytest.raises(WouldBlock):
            call()
    assert channel.ready(Condition.IN) == clogged.ready(Condition.OUT)
    channel.abort()


def test_a_tape_without_room_may_get_a_gap(make_pair: Callable[[], Pair]) -> None:
    (near, far), (sink, copy) = make_pair(), make_pair()
    clogged = ClogLayer(sink)
    channel = RecordLayer(near, TapeWriter(clogged), drop=True)
    whole = bytes(channel.tape._buffer)
    channel.tape._buffer += bytes(70_000)
    channel.write_all(b"lost")
    assert far.read() == b"lost"
    del channel.tape._buffer[len(whole) :]
    clogged.release()
    channel.write_all(b"kept")
    channel.close()
    assert entries(copy.read()) == [(A, Kind.GAP, 4), (A, Kind.DATA, b"kept"), (A, Kind.CLOSE, b"")]


def test_it_works_awaited(pair: Pair, tmp_path: Path) -> None:
    near, far = pair

    async def main() -> None:
        layer = RecordLayer(near, TapeWriter(tmp_path / "tape"))
        channel = AsyncChannel(layer)
        reading = asyncio.create_task(channel.read())
        await asyncio.sleep(0)
        await AsyncChannel(far).write_all(b"in")
        assert await reading == b"in"
        layer.close()

    asyncio.run(main())
    assert entries(tmp_path / "tape")[0] == (B, Kind.DATA, b"in")


def test_it_is_found_by_name_with_text_options(pair: Pair, tmp_path: Path) -> None:
    channel = pair[0].layer("record", path=str(tmp_path / "tape"), strict="on")
    assert isinstance(channel, RecordLayer)
    assert isinstance(channel.ready(Condition.IN), Blocked)
    channel.close()
    with TapeFile(tmp_path / "tape") as tape:
        assert tape.header["channel"] == "near"
