from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.channels.pair import memory_pair
from iochan.chardev.cast import CastWriter
from iochan.chardev.castfile import MAX_LINE, CastEvent, CastFile
from iochan.chardev.errors import CastError
from iochan.chardev.replay import replay_op, step_op
from iochan.core.op import run
from iochan.testing.clock import MovedClock
from tests.chardev.world import drain


def record(path: Path, pieces: list[bytes], version: int) -> list[CastEvent]:
    writer = CastWriter(str(path), version=version)
    for piece in pieces:
        writer.output(piece)
    writer.close()
    with path.open("rb") as file:
        return list(CastFile(file))


@given(st.lists(st.binary(min_size=1, max_size=12)), st.sampled_from([2, 3]))
def test_every_byte_comes_back(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], version: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "every.cast"
    events = record(path, pieces, version)
    assert b"".join(event.data for event in events) == b"".join(pieces)


def test_a_character_in_two_pieces_is_one(tmp_path: Path) -> None:
    record(tmp_path / "c", ["h€".encode()[:2], "h€".encode()[2:], b"x"], 2)
    lines = [json.loads(line) for line in (tmp_path / "c").read_text().splitlines()]
    assert [line[2] for line in lines[1:]] == ["h", "€", "x"]


def test_version_3_counts_from_the_event_before(tmp_path: Path) -> None:
    for version, wanted in ((2, [0.0, 1.0, 3.0]), (3, [0.0, 1.0, 2.0])):
        with MovedClock() as clock:
            path = tmp_path / str(version)
            writer = CastWriter(str(path), version=version, size=(30, 100), typed=True, title="t")
            writer.output(b"a")
            clock.advance(1)
            writer.input(b"b", "me")
            clock.advance(2)
            writer.resize(50, 132)
            writer.close()
        header, *events = [json.loads(line) for line in path.read_text().splitlines()]
        assert [event[0] for event in events] == wanted
        assert [event[1:] for event in events] == [["o", "a"], ["i", "b"], ["r", "132x50"]]
        assert header["title"] == "t"
        with path.open("rb") as file:
            cast = CastFile(file)
            assert (cast.version, cast.columns, cast.rows) == (version, 100, 30)
            assert [event.seconds for event in cast] == [0.0, 1.0, 3.0]


HEAD = b'{"version": 2, "width": 80, "height": 24}\n'

WRONG = [
    (b"", "line 1: no header"),
    (b"[]\n", "line 1: no header"),
    (b"\x80\n", "line 1: .*is no JSON"),
    (b'{"version": 1}\n', "line 1: version '1': only 2 and 3"),
    (b'{"version": 2.0}\n', "version '2.0'"),
    (b'{"version": 2, "width": 0, "height": 1}\n', "line 1: width is no number from 1 to 10000"),
    (b'{"version": 3, "term": 7}\n', "cols is no number"),
    (HEAD + b"nonsense\n", "line 2: b'nonsense' is no JSON: repair"),
    (HEAD + b"{}\n", "line 2: no event"),
    (HEAD + b'[-1, "o", ""]\n', "time '-1'"),
    (HEAD + b'[NaN, "o", ""]\n', "time 'nan'"),
    (HEAD + b'[1e999, "o", ""]\n', "time 'inf'"),
    (HEAD + b'[true, "o", ""]\n', "time 'True'"),
    (HEAD + b'[0, 1, ""]\n', "code and text are no text"),
    (HEAD + b'[0, "b", "*"]\n', "no base64"),
    (HEAD + b"[" * 100_000 + b"\n", "is no JSON"),
]


@pytest.mark.parametrize(("data", "message"), WRONG, ids=[row[1] for row in WRONG])
def test_a_broken_asciicast_is_refused_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(CastError, match=message):
        list(CastFile(io.BytesIO(data)))


def test_a_line_that_never_ends_is_not_read() -> None:
    with pytest.raises(CastError, match="longer than"):
        list(CastFile(io.BytesIO(HEAD + b"x" * (MAX_LINE + 2))))


def test_a_last_line_that_is_cut_off_is_left_out() -> None:
    cast = CastFile(io.BytesIO(HEAD + b'[0, "o", "a"]\n[1, "o", "b'))
    assert [event.data for event in cast] == [b"a"]
    assert cast.cut
    whole = CastFile(io.BytesIO(HEAD + b'[0, "o", "a"]\n\n[1, "o", "b"]'))
    assert [event.data for event in whole] == [b"a", b"b"]
    assert not whole.cut


def test_comments_of_version_3_are_passed_over() -> None:
    data = b'{"version": 3, "term": {"cols": 80, "rows": 24}}\n# hello\n[1, "o", "a"]\n[1, "x", "0"]\n'
    assert [(event.seconds, event.code) for event in CastFile(io.BytesIO(data))] == [(1, "o"), (2, "x")]


EVENTS = [
    CastEvent(0, "o", b"a"),
    CastEvent(1, "i", b"-"),
    CastEvent(10, "o", b"b"),
    CastEvent(11, "o", b"c"),
]


def test_a_replay_keeps_the_time_or_is_quicker() -> None:
    for speed, idle, wanted in ((1.0, None, 11.0), (2.0, None, 5.5), (1.0, 2.0, 3.0), (0, None, 0.0)):
        near, far = memory_pair()
        with near, far, MovedClock() as clock:
            op = replay_op(EVENTS, far, speed=speed, idle=idle)
            for blocked in op:
                assert blocked.deadline is not None
                clock.advance(max(0.0, blocked.deadline - clock.now()))
            assert clock.now() == pytest.approx(wanted)
            assert drain(near) == b"abc"


def test_a_replay_by_steps_waits_for_a_key_each_time() -> None:
    near, far = memory_pair()
    with near, far:
        near.write_all(b"  q")
        assert run(step_op(EVENTS, far, far)) == 2
        assert drain(near) == b"ab"
