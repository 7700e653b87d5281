"""A screen in memory: drawn into by a program or a client, shown by a server."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from iochan.vnc.rect import Rect
from iochan.vnc.shown import Shown
from iochan.vnc.translate import Pixels, from_rgb, to_rgb

__all__ = ["MAX_AREA", "MAX_SIDE", "Cursor", "Framebuffer", "Observer", "fits"]

MAX_SIDE: Final = 16384
"""The most pixels that a framebuffer is wide or high."""

MAX_AREA: Final = 1 << 26
"""The most pixels of a framebuffer: 256 MiB of memory."""


_MOST_SHOWN: Final = 2
"""How many times its own size a framebuffer keeps of what several viewers are being shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Cursor:
    """A picture of the pointer.

    Attributes:
        rgba: Rows of pixels of four bytes: red, green, blue, and 255 where it can be seen.
        x: The column of the pixel that points.
        y: Its row.
    """

    rgba: NDArray[np.uint8]
    x: int = 0
    y: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height; (0, 0) for none."""
        height, width = self.rgba.shape[:2]
        return width, height


def fits(width: int, height: int) -> bool:
    """Tell whether a framebuffer can have this size."""
    return 1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE and width * height <= MAX_AREA


class Observer(Protocol):
    """Who wants to know what becomes of a framebuffer; called by the thread that draws, under its lock."""

    def damaged(self, area: Rect) -> None:
        """*area* shows something new."""

    def copied(self, source: Rect, dx: int, dy: int) -> None:
        """What *source* showed is now also to be seen (*dx*, *dy*) away."""

    def resized(self) -> None:
        """It has another size, and everything in it is new."""

    def cursor_changed(self) -> None:
        """The cursor looks different."""


class Framebuffer:
    """Pixels, and who is told what happens to them.

    The methods that draw also mark the damage. Who writes into `pixels` calls `damage` after it; a viewer
    that looks in between gets the rest with the next update. Any thread may draw.

    Args:
        width: Pixels in a row, 1 to `MAX_SIDE`.
        height: Rows, 1 to `MAX_SIDE`; no more than `MAX_AREA` pixels in all.

    Attributes:
        pixels: The rows: ``pixels[y, x]`` is ``0xRRGGBB``. A resize replaces the array.
        lock: Held while it changes size, and while observers are told.
        cursor: What the pointer looks like; None while nobody has said.
    """

    def __init__(self, width: int, height: int) -> None:
        self.lock = threading.RLock()
        self.pixels = _blank(width, height)
        self.cursor: Cursor | None = None
        self._observers: weakref.WeakSet[Observer] = weakref.WeakSet()
        self._shown: dict[Rect, Shown] = {}

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return self.screen.width

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self.screen.height

    @property
    def screen(self) -> Rect:
        """All of it."""
        height, width = self.pixels.shape
        return Rect(0, 0, width, height)

    def rgb(self) -> NDArray[np.uint8]:
        """Return a copy with three bytes a pixel, red first: what `PIL.Image.fromarray` takes."""
        return to_rgb(self.pixels)

    def damage(self, area: Rect | None = None) -> None:
        """Say that *area* shows something new; None for all of it."""
        with self.lock:
            area = self.screen if area is None else area.common(self.screen)
            if area.area:
                self._shown.clear()
                for observer in tuple(self._observers):
                    observer.damaged(area)

    def shown(self, area: Rect) -> Shown:
        """Return what *area*, which is on the screen, shows now.

        Observers that ask for the same before something else happens are given the same, with all that was
        made of it; a program that has drawn and not yet told so draws into nobody's copy.
        """
        with self.lock:
            found = self._shown.get(area)
            if found is None:
                shared = len(self._observers) > 1
                found = Shown(area, self.pixels[area.rows, area.columns].copy(), shared)
                if shared:
                    kept = sum(other.area for other in self._shown)
                    if kept + area.area > _MOST_SHOWN * self.screen.area:
                        self._shown.clear()
                    self._shown[area] = found
            return found

    def fill(self, area: Rect, colour: int) -> None:
        """Give every pixel of *area*, as far as it is on the screen, the *colour* ``0xRRGGBB``."""
        with self.lock:
            area = area.common(self.screen)
            self.pixels[area.rows, area.columns] = colour
            self.damage(area)

    def draw(self, x: int, y: int, picture: NDArray[Any]) -> None:
        """Put *picture* with its top left pixel at (*x*, *y*); what does not fit is cut.

        Args:
            x: A column, which may be left of the screen.
            y: A row, which may be above it.
            picture: Rows of pixels ``0xRRGGBB``, or of three or four bytes, red first.
        """
        pixels = from_rgb(picture) if picture.ndim == 3 else picture
        height, width = pixels.shape
        with self.lock:
            area = Rect(x, y, width, height).common(self.screen)
            source = area.moved(-x, -y)
            self.pixels[area.rows, area.columns] = pixels[source.rows, source.columns]
            self.damage(area)

    def copy(self, source: Rect, dx: int, dy: int) -> None:
        """Copy what *source* shows by (*dx*, *dy*); viewers do the same, without seeing the pixels again.

        What scrolls is a copy. What lies outside the screen before or after it is left out.
        """
        with self.lock:
            source = source.common(self.screen)
            target = source.moved(dx, dy).common(self.screen)
            source = target.moved(-dx, -dy)
            if target.area == 0 or (dx, dy) == (0, 0):
                return
            self.pixels[target.rows, target.columns] = self.pixels[source.rows, source.columns].copy()
            self._shown.clear()
            for observer in tuple(self._observers):
                observer.copied(source, dx, dy)

    def resize(self, width: int, height: int) -> None:
        """Change the size; the top left part stays, what is new is black.

        Raises:
            ValueError: It is empty or too large.
        """
        fresh = _blank(width, height)
        with self.lock:
            common = self.screen.common(Rect(0, 0, width, height))
            fresh[common.rows, common.columns] = self.pixels[common.rows, common.columns]
            self.pixels = fresh
            self._shown.clear()
            for observer in tuple(self._observers):
                observer.resized()

    def set_cursor(self, cursor: Cursor | None) -> None:
        """Let viewers that can show the pointer as *cursor*."""
        with self.lock:
            self.cursor = cursor
            for observer in tuple(self._observers):
                observer.cursor_changed()

    def observe(self, observer: Observer) -> None:
        """Tell *observer* what happens, for as long as somebody else keeps it alive."""
        with self.lock:
            self._observers.add(observer)

    def forget(self, observer: Observer) -> None:
        """Tell *observer* nothing any more."""
        with self.lock:
            self._observers.discard(observer)


def _blank(width: int, height: int) -> Pixels:
    if not fits(width, height):
        message = (
            f"a framebuffer of {width} by {height} pixels: each side must be 1 to {MAX_SIDE}, "
            f"and all at most {MAX_AREA} pixels"
        )
        raise ValueError(message)
    return np.zeros((height, width), dtype=np.uint32)
