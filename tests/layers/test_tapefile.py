from __future__ import annotations

from pathlib import Path

import pytest

from iochan.core.errors import ChannelError
from iochan.layers.errors import TapeError
from iochan.layers.tape import Kind, Sender, pack_record, pack_start
from iochan.layers.tapefile import TapeFile

DATA = pack_record(Sender.B, Kind.DATA, 1, b"hello")
CLOSE = pack_record(Sender.A, Kind.CLOSE, 1)


def test_records_come_one_by_one_from_a_path_or_from_bytes(tmp_path: Path) -> None:
    tape = pack_start({"n": 1}) + DATA * 3000 + CLOSE
    path = tmp_path / "tape"
    path.write_bytes(tape)
    for source in (path, str(path), tape):
        with TapeFile(source) as file:
            assert file.header == {"n": 1}
            assert file.cut
            assert sum(len(record.payload) for record in file) == 15_000
            assert not file.cut


def test_a_cut_tape_gives_what_came_before_and_says_so() -> None:
    start = pack_start({})
    with TapeFile(start + DATA + DATA[:-1]) as file:
        assert [record.payload for record in file] == [b"hello"]
        assert file.cut
        assert file.offset == len(start + DATA)


@pytest.mark.parametrize("tape", [b"", b"\x89IOT", pack_start({"long": "header"})[:-1]])
def test_a_tape_without_its_header_is_none(tape: bytes) -> None:
    with pytest.raises(TapeError, match="ends in its header"):
        TapeFile(tape)


def test_what_is_no_tape_is_refused_at_once() -> None:
    with pytest.raises(TapeError, match="not as a tape does"):
        TapeFile(b"%PDF-1.7 and so on")


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match=r"tape .*/none cannot be opened: no such file"):
        TapeFile(tmp_path / "none")
