from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.chardev.hub import HubOptions
from iochan.chardev.screen import ScreenPast
from iochan.terminal.emulator import MAX_COLUMNS, MAX_ROWS
from tests.chardev.world import World

pytest.importorskip("pyte")


def halved(cell: Any) -> Any:
    """Return *cell*; the right half of a wide character, which may have lost its left half, as a space."""
    return cell if cell.data else cell._replace(data=" ")


def state(past: ScreenPast) -> list[Any]:
    """All of the two screens that is seen, and where what comes next is drawn."""
    found: list[Any] = []
    for one in (past.main, past.alternate):
        if one is not None:
            cells = [[halved(one.buffer[y][x]) for x in range(one.columns)] for y in range(one.lines)]
            # Of a cursor behind the last column only that is known; the margins of all lines are none.
            whole = one.margins is None or (one.margins.top, one.margins.bottom) == (0, one.lines - 1)
            found.append((cells, one.cursor.x, one.cursor.y, one.cursor.attrs, whole or one.margins))
            found.append(one.mode)
    return found


def drawn_again(past: ScreenPast, rows: int = 24, columns: int = 80) -> ScreenPast:
    copy = ScreenPast(rows, columns)
    copy.put(past.read())
    return copy


def after(*pieces: bytes, rows: int = 24, columns: int = 80) -> ScreenPast:
    past = ScreenPast(rows, columns)
    for piece in pieces:
        past.put(piece)
    return past


def shown(past: ScreenPast) -> list[str]:
    return [line.rstrip() for line in (past.alternate or past.main).display]


COMMANDS = [
    b"\x1b[31m",
    b"\x1b[1;4;7m",
    b"\x1b[38;5;208m",
    b"\x1b[48;2;1;2;3m",
    b"\x1b[97;100m",
    b"\x1b[0m",
    b"\x1b[3;5H",
    b"\x1b[2J",
    b"\x1b[K",
    b"\x1b[2;4r",
    b"\x1b[r",
    b"\x1b[?25l",
    b"\x1b[?7l",
    b"\x1b[?1h",
    b"\x1b[4h",
    b"\x1b[?6h",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1bM",
    b"\x1b7",
    b"\x1b8",
    b"\x1b(0",
    b"\x1b(B",
    b"\x1b)0",
    b"\x0e",
    b"\x0f",
    b"\r\n",
    b"\n",
    b"\b",
    b"\t",
    b"lqqk",
    "h\u00e9\u4e16\u754c".encode(),
    "e\u0301".encode(),
    b"0123456789abcdef",
    b"\x1b]0;title\x07",
    b"\x1bP+q544e\x1b\\",
    b"\x1b[>4;2m",
    b"\x1b[?2004h",
    b"\x1b[2 q",
    b"\x1b[4:3m",
    b"\x1bc",
    b"\x1b[L",
    b"\x1b[3M",
    b"\x1b[2@",
    b"\x1b[5P",
    b"\xff",
    b"\x1b[999999999999d",
]


@given(st.lists(st.sampled_from(COMMANDS), max_size=30))
def test_what_is_drawn_anew_is_the_same_screen(pieces: list[bytes]) -> None:
    past = after(*pieces, rows=5, columns=12)
    assert state(drawn_again(past, 5, 12)) == state(past)


@given(st.lists(st.one_of(st.sampled_from(COMMANDS), st.binary(max_size=6)), max_size=20))
def test_it_is_the_same_however_the_bytes_are_cut(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert state(after(*(data[i : i + 1] for i in range(len(data))))) == state(after(data))


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    past = after(data, b"\x1b\\\x1bc\x1b[?1049lok")
    assert shown(past)[0] == "ok"


def test_what_a_program_covered_comes_back_when_it_ends() -> None:
    past = after(b"$ vim\r\n\x1b[?1049h\x1b[2J\x1b[Hfile")
    again = drawn_again(past)
    assert shown(again)[0] == "file"
    again.put(b"\x1b[?1049l")
    assert shown(again)[0] == "$ vim"


def test_commands_in_strings_are_no_text_and_cost_no_memory() -> None:
    past = after(b"a\x1b]52;c;", *([b"x" * 65536] * 4), b"\x1b\\b\x1bP1$r", b"y" * 4096, b"\x1b\\c")
    assert shown(past)[0] == "abc"
    assert not past._rest


def test_what_never_ends_is_bounded() -> None:
    past = after(b"\x1b7" * 1000, b"e" + "\u0301".encode() * 5000, b"\x1b[" + b"1;" * 5000 + b"mx")
    assert len(past.main.savepoints) <= 8
    assert len(past.main.buffer[0][0].data) <= 9
    past.resize(65535, 65535)
    assert (past.main.lines, past.main.columns) == (MAX_ROWS, MAX_COLUMNS)
    past.resize(0, 0)
    past.put(b"z")
    assert past.read()


def test_who_comes_later_gets_the_screen_and_not_the_past() -> None:
    with World(HubOptions(linger=0, patience=0, screen=True)) as world:
        world.say(b"\x1b[?1049h" + b"old\r\n" * 400 + b"\x1b[2J\x1b[5;3Hnew")
        late = world.join()
        got = late.read()
        assert b"old" not in got
        past = after(got)
        assert shown(past)[4] == "  new"


def test_without_pyte_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyte", None)
    with pytest.raises(Exception, match=r"a terminal in Python needs pyte: pip install 'iochan\[screen\]'"):
        ScreenPast()
