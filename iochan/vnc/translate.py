"""Pixels from one format to another, a whole rectangle at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from iochan.vnc.pixelformat import BGR233, RGB888, PixelArray, PixelFormat

__all__ = ["DEFAULT_MAP", "Pixels", "from_rgb", "reader", "to_rgb", "writer"]

Pixels = NDArray[np.uint32]
"""Pixels as a `Framebuffer` has them: ``0x00RRGGBB``."""

_STANDS: Final = (np.uint32(16), np.uint32(8), np.uint32(0))
"""Where red, green and blue stand in them."""

_BYTE: Final = np.uint32(255)


@lru_cache(maxsize=64)
def writer(form: PixelFormat) -> Callable[[Pixels], PixelArray]:
    """Return what turns pixels of a framebuffer into the numbers that *form* has for them."""
    # Whoever wants a map gets that of `DEFAULT_MAP`, whose indexes are pixels of that format.
    form = form if form.true_colour else BGR233
    dtype = form.dtype.newbyteorder("=")
    if form.maxima == (255, 255, 255):
        if form.shifts == RGB888.shifts:
            return lambda pixels: pixels
        return lambda pixels: _shift_all(pixels, form.shifts)
    levels = np.arange(256, dtype=np.uint32)
    tables = [
        ((levels * most + 127) // 255 << shift).astype(dtype)
        for most, shift in zip(form.maxima, form.shifts, strict=True)
    ]

    def convert(pixels: Pixels) -> PixelArray:
        return _joined(table[pixels >> stands & _BYTE] for table, stands in zip(tables, _STANDS, strict=True))

    return convert


def _shift_all(pixels: Pixels, shifts: tuple[int, int, int]) -> Pixels:
    return _joined(
        (pixels >> stands & _BYTE) << np.uint32(shift) for stands, shift in zip(_STANDS, shifts, strict=True)
    )


def _joined(parts: Iterable[PixelArray]) -> PixelArray:
    red, green, blue = parts
    result: PixelArray = red | green | blue
    return result


@lru_cache(maxsize=64)
def reader(form: PixelFormat) -> Callable[[PixelArray], Pixels]:
    """Return what turns the numbers that *form* has for pixels into pixels of a framebuffer.

    The indexes of a map are taken for those of `DEFAULT_MAP`.
    """
    form = form if form.true_colour else BGR233
    if form.maxima == (255, 255, 255):
        if form.shifts == RGB888.shifts:
            return lambda pixels: pixels.astype(np.uint32) & np.uint32(0xFFFFFF)
        pairs = tuple((np.uint32(at), stands) for at, stands in zip(form.shifts, _STANDS, strict=True))

        def shift(pixels: PixelArray) -> Pixels:
            native = pixels.astype(np.uint32)
            return _joined((native >> at & _BYTE) << stands for at, stands in pairs)

        return shift
    tables = [
        ((np.arange(most + 1, dtype=np.uint32) * 255 + most // 2) // most << stands).astype(np.uint32)
        for most, stands in zip(form.maxima, _STANDS, strict=True)
    ]

    def look_up(pixels: PixelArray) -> Pixels:
        native = pixels.astype(np.uint32)
        return _joined(
            table[native >> at & most]
            for table, at, most in zip(tables, form.shifts, form.maxima, strict=True)
        )

    return look_up


DEFAULT_MAP: Final = reader(BGR233)(np.arange(256, dtype=np.uint8))
"""The colours that a server's map has: three bits of red and green, two of blue."""


def to_rgb(pixels: Pixels) -> NDArray[np.uint8]:
    """Return *pixels* with three bytes each, red first: what pictures have."""
    parts = [(pixels >> stands & _BYTE).astype(np.uint8) for stands in _STANDS]
    return np.stack(parts, axis=-1)


def from_rgb(rgb: NDArray[np.uint8]) -> Pixels:
    """Return the pixels of a picture: three bytes each, red first; a fourth one is passed over."""
    wide = rgb.astype(np.uint32)
    return _joined(wide[..., channel] << stands for channel, stands in enumerate(_STANDS))
