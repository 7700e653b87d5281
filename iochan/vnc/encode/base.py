"""What every encoding of pixels does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from iochan.vnc.encode.encoded import Encoded
from iochan.vnc.pixelformat import PixelArray, PixelFormat
from iochan.vnc.rect import Rect

__all__ = ["PIECE_PIXELS", "Encoder", "compact_bytes", "compact_rows", "cut", "pixel_bytes"]

PIECE_PIXELS: Final = 1 << 17
"""A rectangle that is encoded in one piece has at most about so many pixels: what a client may be owed."""

_STEP: Final = 64
"""Pieces are cut at multiples of so many pixels, the side of ZRLE's tiles."""


class Encoder(ABC):
    """One encoding, with its settings; it keeps nothing, so that one serves any number of clients.

    Args:
        level: zlib's, from 1 to 9, where there is any of it.
    """

    number: ClassVar[int]
    """The number under which a client asks for it."""

    def __init__(self, level: int = 1) -> None:
        self.level = level

    @property
    def key(self) -> Hashable:
        """What two encoders that make the same of the same pixels have in common."""
        return self.number, self.level

    def split(self, area: Rect, pixels: PixelArray) -> list[Rect]:
        """Return the rectangles in which *area*, which shows *pixels*, is best sent."""
        del pixels
        return cut(area, area.width, max(_STEP, PIECE_PIXELS // area.width // _STEP * _STEP))

    @abstractmethod
    def encode(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        """Return what *pixels* are sent as, behind the rectangle's header.

        Args:
            pixels: Rows of numbers of *form*, at least one.
            form: How the client wants them.
        """


def cut(area: Rect, width: int, height: int) -> list[Rect]:
    """Return *area* cut into rectangles of at most *width* by *height*."""
    return [
        Rect(x, y, min(width, area.right - x), min(height, area.bottom - y))
        for y in range(area.y, area.bottom, height)
        for x in range(area.x, area.right, width)
    ]


def pixel_bytes(pixels: PixelArray, form: PixelFormat) -> bytes:
    """Return *pixels* as they go over the wire."""
    return pixels.astype(form.dtype, copy=False).tobytes()


def compact_bytes(pixels: PixelArray, form: PixelFormat) -> bytes:
    """Return *pixels* as CPIXELs go over the wire."""
    return compact_rows(pixels, form).tobytes()


def compact_rows(pixels: PixelArray, form: PixelFormat) -> NDArray[np.uint8]:
    """Return a row of bytes for each of *pixels*: its CPIXEL."""
    wire = np.ascontiguousarray(pixels.reshape(-1).astype(form.dtype, copy=False))
    rows = wire.view(np.uint8).reshape(-1, form.bytes)
    if form.compact is not None:
        start, end = form.compact
        rows = rows[:, start:end]
    return rows
