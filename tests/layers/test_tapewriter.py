from __future__ import annotations

import stat
from pathlib import Path

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core.errors import ChannelBrokenError
from iochan.layers.fault import ClogLayer
from iochan.layers.tape import MAX_PAYLOAD, Kind, Record, Sender
from iochan.layers.tapefile import TapeFile
from iochan.layers.tapewriter import BUFFER_SIZE, TapeWriter
from tests.layers.conftest import MovedClock

Pair = tuple[SocketChannel, SocketChannel]


def records(path: Path) -> list[Record]:
    with TapeFile(path) as tape:
        return list(tape)


def test_a_tape_keeps_what_was_added_with_its_times(tmp_path: Path, moved: MovedClock) -> None:
    path = tmp_path / "tape"
    writer = TapeWriter(path, {"note": "hällo"})
    moved.time += 0.5
    writer.add(Sender.A, Kind.DATA, (memoryview(b"ab"), memoryview(b"cd")), 3)
    moved.time += 0.25
    writer.add_gap(Sender.B, 7)
    writer.add(Sender.A, Kind.CLOSE)
    writer.close()
    writer.close()
    with TapeFile(path) as tape:
        assert tape.header == {"note": "hällo"}
        found = [(one.sender, one.kind, one.nanos, one.payload, one.gap) for one in tape]
        assert not tape.cut
    assert found == [
        (Sender.A, Kind.DATA, 500_000_000, b"abc", 0),
        (Sender.B, Kind.GAP, 750_000_000, b"", 7),
        (Sender.A, Kind.CLOSE, 750_000_000, b"", 0),
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_long_data_makes_several_records(tmp_path: Path) -> None:
    data = bytes(MAX_PAYLOAD * 2 + 5)
    writer = TapeWriter(tmp_path / "tape")
    writer.add(Sender.B, Kind.DATA, (memoryview(data),), len(data))
    writer.close()
    assert [len(one.payload) for one in records(tmp_path / "tape")] == [MAX_PAYLOAD, MAX_PAYLOAD, 5]


def test_flush_writes_what_is_gathered(tmp_path: Path) -> None:
    path = tmp_path / "tape"
    writer = TapeWriter(path)
    writer.add(Sender.A, Kind.DATA, (memoryview(b"x"),), 1)
    assert path.stat().st_size == 0
    writer.flush()
    assert [one.payload for one in records(path)] == [b"x"]
    writer.close()


def test_a_full_disk_ends_the_writing_with_an_error_that_names_the_tape() -> None:
    writer = TapeWriter("/dev/full")
    with pytest.raises(ChannelBrokenError, match="tape /dev/full: writing it failed: no space left"):
        writer.flush()
    assert writer.error is not None
    writer.add(Sender.A, Kind.DATA, (memoryview(b"x"),), 1)
    writer.add_gap(Sender.A, 1)
    assert not writer.full
    writer.close()


def test_a_tape_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ChannelBrokenError, match="opening it failed: no such file"):
        TapeWriter(tmp_path / "none" / "tape")


def test_a_channel_without_room_makes_the_tape_wait(pair: Pair) -> None:
    near, far = pair
    clogged = ClogLayer(near)
    writer = TapeWriter(clogged)
    writer.add(Sender.A, Kind.DATA, (memoryview(bytes(3000)),), 3000)
    assert not writer.full
    assert writer.push() is not None
    clogged.release()
    writer.flush()
    assert len(far.read_exactly(16 + 14 + 3000)) == 3030
    writer.close()
    assert near.closed


def test_a_tape_is_full_from_its_buffer_size_on(tmp_path: Path) -> None:
    writer = TapeWriter(tmp_path / "tape")
    writer.add(Sender.A, Kind.DATA, (memoryview(bytes(BUFFER_SIZE)),), BUFFER_SIZE)
    assert writer.full
    writer.close()
