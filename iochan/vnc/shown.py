"""Pixels as they were at one moment, and what viewers have made of them: once for all of the same wishes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from iochan.vnc.encode.encoded import Encoded
from iochan.vnc.pixelformat import PixelArray
from iochan.vnc.rect import Rect
from iochan.vnc.translate import Pixels

__all__ = ["Part", "Shown"]


@dataclass(slots=True, eq=False)
class Part:
    """One rectangle of an update.

    Attributes:
        area: Where it is.
        numbers: Its pixels in a viewer's format; None once it has been encoded for all.
        shared: Whether several viewers may be sent it.
        encoded: It, encoded; only where it is shared.
    """

    area: Rect
    numbers: PixelArray | None
    shared: bool
    encoded: Encoded | None = None


@dataclass(slots=True, eq=False)
class Shown:
    """What an area of a framebuffer showed.

    Attributes:
        area: Where it is.
        pixels: A copy of them.
        shared: Whether several viewers may have been given this very object.
        parts: The rectangles in which it is sent, by the encoder's key and the pixel format.
    """

    area: Rect
    pixels: Pixels
    shared: bool = False
    parts: dict[Hashable, list[Part]] = field(default_factory=dict)
