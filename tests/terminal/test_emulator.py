"""What a terminal in Python keeps, and what it says."""

from __future__ import annotations

import pytest

from iochan.terminal.emulator import Emulator

pytest.importorskip("pyte")


def after(data: bytes) -> Emulator:
    emulator = Emulator(4, 20)
    emulator.put(data)
    return emulator


def test_it_answers_where_the_cursor_is_once() -> None:
    emulator = after(b"ab\x1b[6n\x1b[5n")
    assert emulator.take_answers() == b"\x1b[1;3R\x1b[0n"
    assert emulator.take_answers() == b""


def test_a_flood_of_questions_that_nobody_answers_is_bounded() -> None:
    emulator = after(b"\x1b[6n" * 10_000)
    assert len(emulator.take_answers()) == 4096 // len("\x1b[1;1R") * len("\x1b[1;1R")


def test_the_bell_of_either_screen_is_heard_once() -> None:
    emulator = after(b"\a")
    assert emulator.take_bell()
    assert not emulator.take_bell()
    emulator.put(b"\x1b[?1049h\a")
    assert emulator.take_bell()


def test_a_bell_that_ends_a_title_does_not_ring() -> None:
    assert not after(b"\x1b]0;title\a").take_bell()


def test_what_the_alternate_screen_covered_comes_back() -> None:
    emulator = after(b"shell\x1b[?1049h")
    assert emulator.shown.display[0].rstrip() == ""
    emulator.put(b"\x1b[Heditor")
    assert emulator.shown.display[0].rstrip() == "editor"
    emulator.put(b"\x1b[?1049l")
    assert emulator.shown is emulator.main
    assert emulator.shown.display[0].rstrip() == "shell"


def test_line_drawing_is_drawn() -> None:
    assert after(b"\x1b(0qx\x1b(Bq").shown.display[0].rstrip() == "─│q"
