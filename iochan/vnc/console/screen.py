"""A terminal's screen, painted into a framebuffer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from iochan.terminal.emulator import MAX_COLUMNS, MAX_ROWS, Emulator
from iochan.vnc.console.font import Font, console_font
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.rect import Rect

if TYPE_CHECKING:
    from pyte import Screen as Terminal
    from pyte.screens import Char, StaticDefaultDict

__all__ = ["Cell", "Screen"]

_COLOURS: Final = {
    "black": 0x000000, "red": 0xCD0000, "green": 0x00CD00, "brown": 0xCDCD00,
    "blue": 0x0000EE, "magenta": 0xCD00CD, "cyan": 0x00CDCD, "white": 0xE5E5E5,
    "brightblack": 0x7F7F7F, "brightred": 0xFF0000, "brightgreen": 0x00FF00, "brightbrown": 0xFFFF00,
    "brightblue": 0x5C5CFF, "brightmagenta": 0xFF00FF, "brightcyan": 0x00FFFF, "brightwhite": 0xFFFFFF,
    "bfightmagenta": 0xFF00FF,
}  # fmt: skip
"""xterm's sixteen by pyte's names, one of which pyte spells wrongly."""

_HEX: Final = re.compile("[0-9a-f]{6}")
_FOREGROUND: Final = 0xE5E5E5
_BACKGROUND: Final = 0x000000
_APPLICATION_CURSOR: Final = 1 << 5  # pyte keeps a private mode as its number shifted by five
_LEAST_SCROLL: Final = 2

_BRACKETED_PASTE: Final = 2004 << 5

Row: TypeAlias = "tuple[Char, ...]"
Cell = tuple[int, int]


class Screen:
    """Emulates a terminal; what changes is painted when `paint` is called.

    It has as many rows and columns as its framebuffer has room for: who resizes that resizes the terminal.

    Args:
        rows: Of characters.
        columns: Of characters.
        font: What they look like; None for the package's own.

    Attributes:
        framebuffer: What it looks like.
        font: See above.
        selection: The cells (row, column) from which to which it is marked, both included; None for nothing.
    """

    def __init__(self, rows: int, columns: int, font: Font | None = None) -> None:
        self.font = font or console_font()
        self.framebuffer = Framebuffer(columns * self.font.width, rows * self.font.height)
        self.selection: tuple[Cell, Cell] | None = None
        self._emulator = Emulator(rows, columns)
        self._shown: list[Row] = [()] * rows
        self.paint()

    @property
    def size(self) -> tuple[int, int]:
        """Its rows and columns."""
        return self._emulator.main.lines, self._emulator.main.columns

    @property
    def lines(self) -> list[str]:
        """What stands on it."""
        shown = self._emulator.shown
        return ["".join(row[x].data for x in range(shown.columns)) for row in _buffer(shown)]

    @property
    def application_cursor(self) -> bool:
        """Whether the program has asked for the application cursor mode (DECCKM)."""
        return _APPLICATION_CURSOR in self._emulator.shown.mode

    @property
    def bracketed_paste(self) -> bool:
        """Whether the program wants to be told what is pasted and not typed."""
        return _BRACKETED_PASTE in self._emulator.shown.mode

    def take_answers(self) -> bytes:
        """Return what the terminal answers to the program's questions, once."""
        return self._emulator.take_answers()

    def take_bell(self) -> bool:
        """Tell whether the bell rang since the last time."""
        return self._emulator.take_bell()

    def cell_at(self, x: int, y: int) -> Cell:
        """Return the row and column of the character at a pixel; the nearest one if there is none."""
        rows, columns = self.size
        return min(y // self.font.height, rows - 1), min(x // self.font.width, columns - 1)

    def selected_text(self) -> str:
        """Return what is marked, a line each, without the blanks at their ends."""
        if self.selection is None:
            return ""
        (top, left), (bottom, right) = sorted(self.selection)
        lines = self.lines[top : bottom + 1]
        lines[-1] = lines[-1][: right + 1]
        lines[0] = lines[0][left:]
        return "\n".join(line.rstrip() for line in lines)

    def feed(self, data: bytes) -> None:
        """Take what the program printed; nothing is painted yet."""
        self._emulator.put(data)

    def resize(self, rows: int, columns: int) -> None:
        """Change the framebuffer's size, and with it the terminal's; to be painted afterwards."""
        self.framebuffer.resize(columns * self.font.width, rows * self.font.height)

    def _fit(self) -> None:
        """Have the size for which there is room."""
        framebuffer = self.framebuffer
        rows = min(max(1, framebuffer.height // self.font.height), MAX_ROWS)
        columns = min(max(1, framebuffer.width // self.font.width), MAX_COLUMNS)
        if (rows, columns) != self.size:
            self._emulator.resize(rows, columns)
            self.selection = None
            self._shown = [()] * rows

    def paint(self) -> None:
        """Bring the framebuffer up to date, with the fewest pixels."""
        with self.framebuffer.lock:
            self._fit()
            rows = self._rows()
            self._scroll(rows)
            for y, row in enumerate(rows):
                if row != self._shown[y]:
                    self._paint_row(y, row)
            self._shown = rows

    def _rows(self) -> list[Row]:
        terminal = self._emulator.shown
        rows = [tuple(line[x] for x in range(terminal.columns)) for line in _buffer(terminal)]
        cursor = terminal.cursor
        if not cursor.hidden:
            x = min(cursor.x, terminal.columns - 1)
            row = rows[cursor.y]
            under = row[x]._replace(reverse=not row[x].reverse)
            rows[cursor.y] = (*row[:x], under, *row[x + 1 :])
        if self.selection is not None:
            self._mark(rows, *sorted(self.selection))
        return rows

    def _mark(self, rows: list[Row], first: Cell, last: Cell) -> None:
        for y in range(first[0], min(last[0] + 1, len(rows))):
            left = first[1] if y == first[0] else 0
            right = last[1] + 1 if y == last[0] else len(rows[y])
            row = rows[y]
            marked = tuple(char._replace(reverse=not char.reverse) for char in row[left:right])
            rows[y] = (*row[:left], *marked, *row[right:])

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


def _buffer(terminal: Terminal) -> list[StaticDefaultDict[int, Char]]:
    return [terminal.buffer[y] for y in range(terminal.lines)]


def _colour(name: str, default: int, *, bright: bool = False) -> int:
    if bright and "bright" + name in _COLOURS:
        name = "bright" + name
    if name in _COLOURS:
        return _COLOURS[name]
    return int(name, 16) if _HEX.fullmatch(name) else default
