"""What one viewer has yet to be shown of a framebuffer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from iochan.vnc.damage import Damage
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.rect import Rect
from iochan.vnc.shown import Shown

__all__ = ["Changes", "Copy", "View"]

_MOST_COPIES: Final = 16
_MOST_RECTS: Final = 256


class Copy(NamedTuple):
    """What the viewer shows in *source* is now also to be seen in *target*."""

    source: Rect
    target: Rect


class Changes(NamedTuple):
    """What to do, in this order, for a viewer to see what the framebuffer showed at one moment."""

    copies: list[Copy]
    shown: list[Shown]


class View:
    """Merges what happens until it is taken, however often; it holds no pixels.

    Args:
        framebuffer: What is watched.
        wake: Called, by any thread, when there is news and `awaited` is set.

    Attributes:
        awaited: Whether somebody waits for news.
        copies: Whether the viewer can copy what it shows itself.
        size: The size that the viewer believes in; what lies outside is not shown.
        new_size: Whether the framebuffer has had another size since `accept_size`.
        new_cursor: Whether the cursor has changed since somebody reset this.
    """

    def __init__(self, framebuffer: Framebuffer, wake: Callable[[], None]) -> None:
        self._framebuffer = framebuffer
        self._wake = wake
        self._copies: list[Copy] = []
        self._next = 0, 0
        self.awaited = False
        self.copies = False
        self.new_size = False
        self.new_cursor = framebuffer.cursor is not None
        with framebuffer.lock:
            self.size = framebuffer.screen
            self._damage = Damage(self.size.width, self.size.height)
            framebuffer.observe(self)

    def close(self) -> None:
        """Watch no more."""
        self._framebuffer.forget(self)

    def _notify(self) -> None:
        if self.awaited:
            self._wake()

    def damaged(self, area: Rect) -> None:
        """See `Observer`."""
        self._damage.add(area)
        self._notify()

    def copied(self, source: Rect, dx: int, dy: int) -> None:
        """See `Observer`."""
        target = source.moved(dx, dy)
        if self.copies and len(self._copies) < _MOST_COPIES:
            self._damage.add_moved(source, dx, dy)
            self._copies.append(Copy(source, target))
        else:
            self._damage.add(target)
        self._notify()

    def resized(self) -> None:
        """See `Observer`."""
        screen = self._framebuffer.screen
        self._copies.clear()
        self._damage = Damage(screen.width, screen.height)
        self._damage.add(screen)
        self.new_size = True
        self._notify()

    def cursor_changed(self) -> None:
        """See `Observer`."""
        self.new_cursor = True
        self._notify()

    def request(self, area: Rect) -> None:
        """Have all of *area* shown again."""
        with self._framebuffer.lock:
            self._drop_copies()
            self._damage.add(area)

    def accept_size(self) -> Rect:
        """Tell that the viewer learns the framebuffer's size now, and return it."""
        with self._framebuffer.lock:
            self.new_size = False
            self.size = self._framebuffer.screen
            return self.size

    def pending(self, area: Rect) -> bool:
        """Tell whether there is something to be shown in *area*."""
        return bool(self._copies) or self._damage.touches(area.common(self.size))

    def take(self, area: Rect, most: int | None = None) -> Changes:
        """Return what there is to be shown in *area*, and forget it.

        With *most*, only about so many pixels are taken, from where the last time ended; all copies are, so
        that what is left stays as it is.
        """
        with self._framebuffer.lock:
            if not self.size.within(area) or self.new_size:
                self._drop_copies()
            copies, self._copies = self._copies, []
            area = area.common(self.size)
            if most is not None:
                area = self._damage.part(area, self._next, most)
                whole = area.right >= self.size.width
                self._next = (0, area.bottom) if whole else (area.right, area.y)
            rects = self._damage.take(area)
            if len(rects) > _MOST_RECTS:
                rects = [_around(rects)]
            inside = [rect.common(self.size) for rect in rects]
            return Changes(copies, [self._framebuffer.shown(rect) for rect in inside if rect.area])

    def _drop_copies(self) -> None:
        """Have the targets of copies shown as pixels."""
        for copy in self._copies:
            self._damage.add(copy.target)
        self._copies.clear()


def _around(rects: list[Rect]) -> Rect:
    x, y = min(rect.x for rect in rects), min(rect.y for rect in rects)
    return Rect(x, y, max(rect.right for rect in rects) - x, max(rect.bottom for rect in rects) - y)
