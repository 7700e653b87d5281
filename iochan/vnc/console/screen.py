"""A terminal's screen, painted into a framebuffer."""

from __future__ import annotations

import logging
import re
from typing import Final

import numpy as np
import pyte
from numpy.typing import NDArray
from pyte.screens import Char

from iochan.core.errors import show_bytes
from iochan.vnc.console.font import Font, console_font
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.rect import Rect

__all__ = ["Screen"]

_COLOURS: Final = {
    "black": 0x000000, "red": 0xCD0000, "green": 0x00CD00, "brown": 0xCDCD00,
    "blue": 0x0000EE, "magenta": 0xCD00CD, "cyan": 0x00CDCD, "white": 0xE5E5E5,
    "brightblack": 0x7F7F7F, "brightred": 0xFF0000, "brightgreen": 0x00FF00, "brightbrown": 0xFFFF00,
    "brightblue": 0x5C5CFF, "brightmagenta": 0xFF00FF, "brightcyan": 0x00FFFF, "brightwhite": 0xFFFFFF,
    "bfightmagenta": 0xFF00FF,
}  # fmt: skip
"""xterm's sixteen by pyte's names, one of which pyte spells wrongly."""

_log = logging.getLogger("iochan.vnc")

_BEFORE_ESCAPE: Final = re.compile(b"(?=\x1b)")
_HEX: Final = re.compile("[0-9a-f]{6}")
_FOREGROUND: Final = 0xE5E5E5
_BACKGROUND: Final = 0x000000
_APPLICATION_CURSOR: Final = 1 << 5  # pyte keeps a private mode as its number shifted by five
_LEAST_SCROLL: Final = 2

Row = tuple[Char, ...]


class Screen:
    """Emulates a terminal; what changes is painted when `paint` is called.

    Args:
        rows: Of characters.
        columns: Of characters.
        font: What they look like; None for the package's own.

    Attributes:
        framebuffer: What it looks like.
        font: See above.
    """

    def __init__(self, rows: int, columns: int, font: Font | None = None) -> None:
        self.font = font or console_font()
        self.framebuffer = Framebuffer(columns * self.font.width, rows * self.font.height)
        self._terminal = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._terminal)
        self._shown: list[Row] = [()] * rows
        self.paint()

    @property
    def size(self) -> tuple[int, int]:
        """Its rows and columns."""
        return self._terminal.lines, self._terminal.columns

    @property
    def lines(self) -> list[str]:
        """What stands on it."""
        return list(self._terminal.display)

    @property
    def application_cursor(self) -> bool:
        """Whether the program has asked for the application cursor mode (DECCKM)."""
        return _APPLICATION_CURSOR in self._terminal.mode

    def feed(self, data: bytes) -> None:
        """Take what the program printed; nothing is painted yet.

        An escape sequence that pyte fails on is left out, with the text behind it up to the next one.
        """
        for piece in _BEFORE_ESCAPE.split(data):
            try:
                self._stream.feed(piece)
            except Exception as error:  # noqa: BLE001 - pyte raises what Python does for a wrong parameter
                _log.debug("the terminal left out %s: %s", show_bytes(piece), error)
                # Its parser is a generator, and ends with the first error.
                self._stream = pyte.ByteStream(self._terminal)

    def resize(self, rows: int, columns: int) -> None:
        """Change the terminal's size, and with it the framebuffer's; to be painted afterwards."""
        self._terminal.resize(rows, columns)
        self.framebuffer.resize(columns * self.font.width, rows * self.font.height)
        self._shown = [()] * rows

    def paint(self) -> None:
        """Bring the framebuffer up to date, with the fewest pixels."""
        rows = self._rows()
        with self.framebuffer.lock:
            self._scroll(rows)
            for y, row in enumerate(rows):
                if row != self._shown[y]:
                    self._paint_row(y, row)
        self._shown = rows

    def _rows(self) -> list[Row]:
        terminal = self._terminal
        rows = [tuple(line[x] for x in range(terminal.columns)) for line in
                (terminal.buffer[y] for y in range(terminal.lines))]  # fmt: skip
        cursor = terminal.cursor
        if not cursor.hidden:
            x = min(cursor.x, terminal.columns - 1)
            row = rows[cursor.y]
            under = row[x]._replace(reverse=not row[x].reverse)
            rows[cursor.y] = (*row[:x], under, *row[x + 1 :])
        return rows

    def _scroll(self, rows: list[Row]) -> None:
        """Copy what has only moved up; all that is guessed here is checked row by row afterwards."""
        shown = self._shown
        if rows[0] == shown[0] or rows[0] not in shown:
            return
        by = shown.index(rows[0])
        count = 0
        while by + count < len(shown) and rows[count] == shown[by + count]:
            count += 1
        if count < _LEAST_SCROLL:
            return
        height = self.font.height
        self.framebuffer.copy(Rect(0, by * height, self.framebuffer.width, count * height), 0, -by * height)
        self._shown = shown[by : by + count] + shown[count:]

    def _paint_row(self, y: int, row: Row) -> None:
        shown = self._shown[y] or (None,) * len(row)
        changed = [x for x, (old, new) in enumerate(zip(shown, row, strict=True)) if old != new]
        first, last = changed[0], changed[-1]
        picture = np.hstack([self._cell(char) for char in row[first : last + 1]])
        self.framebuffer.draw(first * self.font.width, y * self.font.height, picture)

    def _cell(self, char: Char) -> NDArray[np.uint32]:
        front = _colour(char.fg, _FOREGROUND, bright=char.bold)
        back = _colour(char.bg, _BACKGROUND)
        if char.reverse:
            front, back = back, front
        # The right half of a wide character is an empty cell for pyte.
        ink = self.font.picture(char.data[:1] or " ").copy()
        if char.underscore:
            ink[-2] = True
        if char.strikethrough:
            ink[self.font.height // 2] = True
        return np.where(ink, np.uint32(front), np.uint32(back))


def _colour(name: str, default: int, *, bright: bool = False) -> int:
    if bright and "bright" + name in _COLOURS:
        name = "bright" + name
    if name in _COLOURS:
        return _COLOURS[name]
    return int(name, 16) if _HEX.fullmatch(name) else default
