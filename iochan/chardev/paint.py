"""From a terminal's state back to the bytes that draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyte import Screen as Terminal
    from pyte.screens import Char

__all__ = ["paint_screen"]

_SHIFT = 5
"""pyte keeps private modes shifted by so many bits."""

_WRAP, _CURSOR, _ORIGIN = 7 << _SHIFT, 25 << _SHIFT, 6 << _SHIFT

_APART = frozenset({5 << _SHIFT, _ORIGIN, _WRAP})
"""Modes that draw, move or break lines when they are set, and are not simply set at the end."""


def paint_screen(terminal: Terminal) -> str:
    """Return what draws *terminal* on one of the same size, its modes and its cursor included."""
    out = ["\x1b[0m\x1b(B\x0f\x1b[?6l\x1b[r\x1b[?7l\x1b[4l\x1b[H\x1b[2J"]
    for row in range(terminal.lines):
        line = terminal.buffer.get(row)
        if line:
            out.append(_paint_line(row, [line[column] for column in range(terminal.columns)], terminal))
    top = 0
    if terminal.margins is not None:
        top = terminal.margins.top
        out.append(f"\x1b[{top + 1};{terminal.margins.bottom + 1}r")
    out.extend(
        f"\x1b[{f'?{mode >> _SHIFT}' if not mode % (1 << _SHIFT) else mode}h"
        for mode in sorted(terminal.mode - _APART)
    )
    if _ORIGIN in terminal.mode:
        out.append("\x1b[?6h")
    else:
        top = 0
    out.append(_paint_cursor(terminal, top))
    if _CURSOR not in terminal.mode:
        out.append("\x1b[?25l")
    return "".join(out)


def _paint_cursor(terminal: Terminal, top: int) -> str:
    """Return what moves the cursor to its place; lines are counted from *top*."""
    from pyte.charsets import VT100_MAP  # noqa: PLC0415 - optional

    wrap = "\x1b[?7h" if _WRAP in terminal.mode else ""
    x, y = terminal.cursor.x, terminal.cursor.y
    line, last = terminal.buffer[y], terminal.columns - 1
    if x > last and last and not line[last].data and _width(line[last - 1]) > 1:
        last -= 1
    out = [f"\x1b[{y - top + 1};{min(x, last) + 1}H"]
    if x >= terminal.columns:
        # Behind the last column: the next character goes to the next line.
        cell = line[last]
        out.append(_attributes(cell))
        if len(cell.data) < 2:
            out.append(wrap)
        out.append(cell.data or " ")
    out.append(_attributes(terminal.cursor.attrs))
    if terminal.g0_charset == VT100_MAP:
        out.append("\x1b(0")
    out.append("\x1b)0" if terminal.g1_charset == VT100_MAP else "\x1b)B")
    out.append(wrap)
    if terminal.charset:
        out.append("\x0e")
    return "".join(out)


def _paint_line(row: int, cells: list[Char], terminal: Terminal) -> str:
    blank = terminal.default_char
    # Half a wide character looks as a blank does; behind its other half it comes with that.
    while cells and (cells[-1] if cells[-1].data else cells[-1]._replace(data=" ")) == blank:
        cells.pop()
    out: list[str] = []
    now = ""
    at = -1
    for column, cell in enumerate(cells):
        if at == column + 1 and not (cell.data and _width(cell)):
            # The right half of a wide character, where pyte keeps the marks that came behind it.
            out.append(cell.data)
            continue
        if at != column:
            # Also behind half a wide character, of which something has overwritten the other half.
            out.append(f"\x1b[{row + 1};{column + 1}H")
        wanted = _attributes(cell)
        if wanted != now:
            out.append(wanted)
            now = wanted
        out.append(cell.data or " ")
        at = column + _width(cell)
    return "".join((*out, "\x1b[0m")) if out else ""


def _width(cell: Char) -> int:
    """Return how many columns what is in *cell* takes."""
    from wcwidth import wcwidth  # noqa: PLC0415 - what pyte measures with

    return wcwidth(cell.data[0]) if cell.data else 1


def _attributes(cell: Char) -> str:
    flags = (
        ("1", cell.bold),
        ("3", cell.italics),
        ("4", cell.underscore),
        ("5", cell.blink),
        ("7", cell.reverse),
        ("9", cell.strikethrough),
    )
    codes = [code for code, on in flags if on]
    codes += _colour(cell.fg, 30) + _colour(cell.bg, 40)
    return "\x1b[" + ";".join(["0", *codes]) + "m"


def _colour(name: str, base: int) -> list[str]:
    """Return the numbers that choose a colour; *base* is 30 for the text, 40 for what is behind it."""
    from pyte import graphics  # noqa: PLC0415 - optional

    if name == "default":
        return []
    plain, bright = (
        (graphics.FG_ANSI, graphics.FG_AIXTERM) if base == 30 else (graphics.BG_ANSI, graphics.BG_AIXTERM)
    )
    for table in (plain, bright):
        for code, known in table.items():
            if known == name:
                return [str(code)]
    red, green, blue = bytes.fromhex(name)
    return [str(base + 8), "2", str(red), str(green), str(blue)]
