"""Which parts of a framebuffer a viewer has not seen yet."""

from __future__ import annotations

from typing import Final

import numpy as np

from iochan.vnc.rect import Rect

__all__ = ["CELL", "Damage"]

CELL: Final = 16
"""Pixels of a cell's side: damage is kept for whole cells, so that it never grows."""


class Damage:
    """A bit for each cell of *width* by *height* pixels; what is added twice is there once.

    It may say more than what was added, never less.
    """

    __slots__ = ("_cells", "_screen")

    def __init__(self, width: int, height: int) -> None:
        self._screen = Rect(0, 0, width, height)
        self._cells = np.zeros((-(-height // CELL), -(-width // CELL)), dtype=np.bool_)

    def __bool__(self) -> bool:
        return bool(self._cells.any())

    def touches(self, area: Rect) -> bool:
        """Tell whether some of it lies in *area*."""
        return bool(self._outer(area.common(self._screen)).any())

    def add(self, area: Rect) -> None:
        """Add *area*, as far as it lies on the screen."""
        self._outer(area.common(self._screen))[...] = True

    def add_moved(self, source: Rect, dx: int, dy: int) -> None:
        """Have what *source* shows copied by (*dx*, *dy*): damage in it is then in both places."""
        target = source.moved(dx, dy)
        moved = [part.common(source).moved(dx, dy) for part in self.rects(source)]
        # Cells that lie in the target whole show what the source had.
        x, y = -(-target.x // CELL), -(-target.y // CELL)
        right = self._cells.shape[1] if target.right >= self._screen.width else target.right // CELL
        bottom = self._cells.shape[0] if target.bottom >= self._screen.height else target.bottom // CELL
        self._cells[y:bottom, x:right] = False
        for part in moved:
            self.add(part)

    def part(self, area: Rect, start: tuple[int, int], pixels: int) -> Rect:
        """Return a part of *area* that has damage, of about *pixels* at most and a cell at least.

        Args:
            area: Where.
            start: The column and row of a pixel to go on from; behind the end it goes on at the beginning.
            pixels: How large a part.
        """
        area = area.common(self._screen)
        cells = self._outer(area)
        width = cells.shape[1]
        left, top = area.x // CELL, area.y // CELL
        column, row = max(0, start[0] // CELL - left), max(0, start[1] // CELL - top)
        damaged = np.flatnonzero(cells.reshape(-1))
        if not len(damaged):
            return area
        behind = damaged[np.searchsorted(damaged, row * width + column) % len(damaged)]
        row, column = divmod(int(behind), width)
        count = max(1, pixels // (CELL * CELL))
        if column == 0 and count >= width:
            found = Rect(left * CELL, (top + row) * CELL, width * CELL, count // width * CELL)
        else:
            found = Rect((left + column) * CELL, (top + row) * CELL, min(count, width - column) * CELL, CELL)
        return found.common(area)

    def take(self, area: Rect) -> list[Rect]:
        """Return what `rects` does, and forget it."""
        rects = self.rects(area)
        self._outer(area.common(self._screen))[...] = False
        return rects

    def rects(self, area: Rect) -> list[Rect]:
        """Return the cells of which *area* has a part, as rectangles that do not overlap.

        They go to the cells' edges: who cut them would send the rest of a cell for ever.
        """
        area = area.common(self._screen)
        cells = self._outer(area)
        left, top = area.x // CELL, area.y // CELL
        done: list[Rect] = []
        growing: dict[tuple[int, int], int] = {}
        for row in range(cells.shape[0]):
            runs = _runs(cells[row])
            ended = growing.keys() - set(runs)
            done += [_pixels(left, top, run, growing.pop(run), row) for run in ended]
            for run in runs:
                growing.setdefault(run, row)
        done += [_pixels(left, top, run, first, cells.shape[0]) for run, first in growing.items()]
        done.sort(key=lambda rect: (rect.y, rect.x))
        return [rect.common(self._screen) for rect in done]

    def _outer(self, area: Rect) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Return the cells of which *area* has a part."""
        return self._cells[area.y // CELL : -(-area.bottom // CELL), area.x // CELL : -(-area.right // CELL)]


def _runs(row: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Return the start and the end of each run of true cells."""
    edges = np.flatnonzero(np.diff(row, prepend=False, append=False)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _pixels(left: int, top: int, run: tuple[int, int], first: int, end: int) -> Rect:
    start, stop = run
    return Rect((left + start) * CELL, (top + first) * CELL, (stop - start) * CELL, (end - first) * CELL)
