"""Rectangles of a framebuffer."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Rect"]


class Rect(NamedTuple):
    """*width* by *height* pixels whose top left one is at (*x*, *y*); nothing where one of the two is 0."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column behind it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height

    @property
    def area(self) -> int:
        """How many pixels it has."""
        return self.width * self.height

    @property
    def rows(self) -> slice:
        """Its rows, to cut an array with."""
        return slice(self.y, self.y + self.height)

    @property
    def columns(self) -> slice:
        """Its columns, to cut an array with."""
        return slice(self.x, self.x + self.width)

    def within(self, other: Rect) -> bool:
        """Tell whether all of it lies in *other*."""
        return (
            self.x >= other.x
            and self.y >= other.y
            and self.right <= other.right
            and self.bottom <= other.bottom
        )

    def common(self, other: Rect) -> Rect:
        """Return what lies in both; nothing if they are apart."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        width, height = min(self.right, other.right) - x, min(self.bottom, other.bottom) - y
        return Rect(x, y, width, height) if width > 0 and height > 0 else Rect(0, 0, 0, 0)

    def moved(self, dx: int, dy: int) -> Rect:
        """Return it, *dx* columns to the right and *dy* rows further down."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)
