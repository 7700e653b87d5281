"""What programs print is painted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iochan.vnc.console.screen import Screen
from iochan.vnc.rect import Rect


class Watcher:
    """Counts what a framebuffer tells."""

    def __init__(self) -> None:
        self.painted = self.copies = 0

    def damaged(self, area: Rect) -> None:
        self.painted += area.area

    def copied(self, source: Rect, dx: int, dy: int) -> None:
        assert source.area
        assert (dx, dy) == (0, -16)
        self.copies += 1

    def resized(self) -> None:
        self.painted = 0

    def cursor_changed(self) -> None:
        raise AssertionError


def cell(screen: Screen, row: int, column: int) -> set[int]:
    """Return the colours in one cell."""
    area = screen.framebuffer.pixels[row * 16 : row * 16 + 16, column * 8 : column * 8 + 8]
    return set(np.unique(area).tolist())


def printed(data: bytes, rows: int = 4, columns: int = 20) -> Screen:
    screen = Screen(rows, columns)
    screen.feed(data)
    screen.paint()
    return screen


def test_a_letter_is_its_picture_in_the_font() -> None:
    screen = printed(b"A")
    ink = screen.framebuffer.pixels[:16, :8] != 0
    assert np.array_equal(ink, screen.font.picture("A"))
    assert screen.lines[0].rstrip() == "A"


def test_colours_are_of_sixteen_of_256_and_of_all() -> None:
    screen = printed(b"\x1b[31mA\x1b[38;5;208mB\x1b[38;2;1;2;3;48;2;4;5;6mC\x1b[0;1;34mD")
    assert cell(screen, 0, 0) == {0, 0xCD0000}
    assert cell(screen, 0, 1) == {0, 0xFF8700}
    assert cell(screen, 0, 2) == {0x010203, 0x040506}
    assert cell(screen, 0, 3) == {0, 0x5C5CFF}


def test_the_cursor_is_a_block_that_can_be_hidden() -> None:
    assert cell(printed(b"A"), 0, 1) == {0xE5E5E5}
    assert cell(printed(b"A\x1b[?25l"), 0, 1) == {0}


def test_what_scrolls_is_copied_and_one_line_is_painted() -> None:
    screen = printed(b"\r\n".join(b"line %d" % number for number in range(8)), rows=8)
    watcher = Watcher()
    screen.framebuffer.observe(watcher)
    screen.feed(b"\r\nnext")
    screen.paint()
    assert watcher.copies == 1
    assert watcher.painted <= 3 * 16 * screen.framebuffer.width


def test_another_size_keeps_the_text_and_changes_the_framebuffer() -> None:
    screen = printed(b"hello")
    screen.resize(6, 30)
    screen.paint()
    assert screen.size == (6, 30)
    assert (screen.framebuffer.width, screen.framebuffer.height) == (240, 96)
    assert cell(screen, 0, 0) == {0, 0xE5E5E5}


def test_the_application_cursor_mode_is_known() -> None:
    screen = printed(b"\x1b[?1h")
    assert screen.application_cursor
    screen.feed(b"\x1b[?1l")
    assert not screen.application_cursor


def test_a_sequence_that_the_emulator_fails_on_does_not_end_the_console() -> None:
    screen = printed(b"\x1b[?1m\x1b[1;2;3Llost\x1b[Hkept")
    assert screen.lines[0].startswith("kept")


def test_what_an_editor_covered_is_painted_again_when_it_has_gone() -> None:
    screen = printed(b"shell$ ")
    before = screen.framebuffer.rgb()
    screen.feed(b"\x1b[?1049h\x1b[2J\x1b[Heditor")
    screen.paint()
    assert screen.lines[0].rstrip() == "editor"
    screen.feed(b"\x1b[?1049l")
    screen.paint()
    assert np.array_equal(screen.framebuffer.rgb(), before)


@given(
    st.lists(
        st.sampled_from([b"\x1b", b"[", b"?", b";", b"99999", b"2", b"m", b"r", b"L", b"\xff"])
        | st.binary(max_size=3)
    )
)
def test_no_output_of_a_program_is_too_strange(pieces: list[bytes]) -> None:
    screen = printed(b"".join(pieces), rows=2, columns=3)
    assert screen.size == (2, 3)


_OUTPUT = st.lists(st.sampled_from([b"a", b"bc\r\n", b"\n", b"\x1b[H", b"\x1b[2J", b"\x1b[7m", b"\x1bM"]))


@given(st.lists(_OUTPUT, max_size=5))
def test_painting_in_steps_and_at_once_look_alike(steps: list[list[bytes]]) -> None:
    slow, quick = Screen(4, 6), Screen(4, 6)
    for step in steps:
        slow.feed(b"".join(step))
        slow.paint()
        quick.feed(b"".join(step))
    quick.paint()
    assert np.array_equal(slow.framebuffer.pixels, quick.framebuffer.pixels)
