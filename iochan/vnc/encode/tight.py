"""Tight: fills, palettes, pictures and plain pixels, each through a stream of its own (encoding 7).

TightPNG (-260) is the same with PNG in the place of zlib streams.
"""

from __future__ import annotations

import io
from collections.abc import Hashable
from itertools import pairwise
from typing import ClassVar, Final

import numpy as np
from PIL import Image
from typing_extensions import override

from iochan.vnc import codes
from iochan.vnc.encode.base import Encoder, cut, pixel_bytes
from iochan.vnc.encode.encoded import Encoded
from iochan.vnc.encode.runs import Palette, Runs, find_palette, find_runs, pack_indexes, solid_cells
from iochan.vnc.pixelformat import PixelArray, PixelFormat
from iochan.vnc.rect import Rect
from iochan.vnc.translate import reader, to_rgb

__all__ = [
    "EXPLICIT_FILTER",
    "FILL",
    "FILTER_COPY",
    "FILTER_GRADIENT",
    "FILTER_PALETTE",
    "JPEG",
    "MAX_WIDTH",
    "PNG",
    "UNCOMPRESSED_BELOW",
    "TightEncoder",
    "TightPngEncoder",
    "compact_length",
    "tight_bytes",
]

EXPLICIT_FILTER: Final = 0x40
FILL: Final = 0x80
JPEG: Final = 0x90
PNG: Final = 0xA0
FILTER_COPY: Final = 0
FILTER_PALETTE: Final = 1
FILTER_GRADIENT: Final = 2

MAX_WIDTH: Final = 2048
"""No rectangle is wider."""

UNCOMPRESSED_BELOW: Final = 12
"""Less bytes than this go as they are."""

_CELL: Final = 64
_JPEG_LEAST: Final = 1024
_QUALITIES: Final = (15, 25, 40, 50, 60, 70, 78, 85, 92, 96)
"""What Pillow is asked for, by the client's level from 0 to 9."""

_PLAIN, _MONO, _INDEXED = 0, 1, 2
"""Which of the four streams is for what."""


def compact_length(length: int) -> bytes:
    """Return *length* in one to three bytes, the lowest seven bits first."""
    if length < 1 << 7:
        return bytes([length])
    if length < 1 << 14:
        return bytes([length & 127 | 128, length >> 7])
    return bytes([length & 127 | 128, length >> 7 & 127 | 128, length >> 14])


def tight_bytes(pixels: PixelArray, form: PixelFormat) -> bytes:
    """Return *pixels* as TPIXELs: red, green and blue where each has 8 of 32 bits."""
    if form.rgb:
        return to_rgb(reader(form)(pixels)).tobytes()
    return pixel_bytes(pixels, form)


def split_solid(area: Rect, pixels: PixelArray) -> list[Rect]:
    """Return *area* in rectangles that have one colour, and others that have more."""
    flags = solid_cells(pixels, _CELL)
    rects: list[Rect] = []
    for row in range(flags.shape[0]):
        top = row * _CELL
        height = min(_CELL, area.height - top)
        # Neighbours go together while they are of one kind, and of one colour if that is solid.
        corners = pixels[top, ::_CELL].astype(np.int64)
        kinds = np.where(flags[row], corners, -1)
        edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(kinds)]
        for start, end in pairwise(edges):
            left, right = start * _CELL, min(end * _CELL, area.width)
            run = Rect(area.x + left, area.y + top, right - left, height)
            rects += cut(run, MAX_WIDTH, height)
    return rects


class TightEncoder(Encoder):
    """The densest, and with pictures the quickest.

    Args:
        level: zlib's, from 1 to 9.
        quality: 0 to 9 for pictures as JPEG where there are many colours; None for none.
    """

    number: ClassVar[int] = codes.TIGHT

    def __init__(self, level: int, quality: int | None) -> None:
        super().__init__(level)
        self.quality = quality

    @property
    @override
    def key(self) -> Hashable:
        return self.number, self.level, self.quality

    @override
    def split(self, area: Rect, pixels: PixelArray) -> list[Rect]:
        return split_solid(area, pixels)

    @override
    def encode(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        runs = find_runs(pixels.reshape(-1))
        if len(runs.values) == 1:
            return Encoded(self.number, bytes([FILL]) + tight_bytes(runs.values, form))
        palette = find_palette(runs.values, 256 if form.bits > 8 else 2)
        if palette is not None:
            return self._palette(pixels, runs, palette, form)
        if self.quality is not None and form.bits > 8 and pixels.size >= _JPEG_LEAST:
            return Encoded(self.number, _picture(pixels, form, self.quality))
        return self._plain(pixels, form)

    def _palette(self, pixels: PixelArray, runs: Runs, palette: Palette, form: PixelFormat) -> Encoded:
        count = len(palette.colours)
        index = np.repeat(palette.indexes, runs.lengths).reshape(pixels.shape)
        stream = _MONO if count == 2 else _INDEXED
        data = pack_indexes(index, 1) if count == 2 else index.tobytes()
        head = bytes([stream << 4 | EXPLICIT_FILTER, FILTER_PALETTE, count - 1])
        return self._through(stream, head + tight_bytes(palette.colours, form), data)

    def _plain(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        return self._through(_PLAIN, bytes([_PLAIN << 4]), tight_bytes(pixels, form))

    def _through(self, stream: int, head: bytes, data: bytes) -> Encoded:
        if len(data) < UNCOMPRESSED_BELOW:
            return Encoded(self.number, head + data)
        return Encoded(self.number, head, data, stream, compact_length)


class TightPngEncoder(TightEncoder):
    """For browsers, which unpack PNG themselves."""

    number: ClassVar[int] = codes.TIGHT_PNG

    @override
    def _palette(self, pixels: PixelArray, runs: Runs, palette: Palette, form: PixelFormat) -> Encoded:
        index = np.repeat(palette.indexes, runs.lengths).reshape(pixels.shape)
        picture = Image.fromarray(index, "P")
        picture.putpalette(to_rgb(reader(form)(palette.colours)).tobytes())
        return Encoded(self.number, _png(picture, self.level))

    @override
    def _plain(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        return Encoded(self.number, _png(Image.fromarray(to_rgb(reader(form)(pixels))), self.level))


def _png(picture: Image.Image, level: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=level)
    return bytes([PNG]) + compact_length(file.tell()) + file.getvalue()


def _picture(pixels: PixelArray, form: PixelFormat, quality: int) -> bytes:
    file = io.BytesIO()
    # Half the colour resolution is what viewers expect below the best levels.
    subsampling = 0 if quality >= 8 else 2
    Image.fromarray(to_rgb(reader(form)(pixels))).save(
        file, "JPEG", quality=_QUALITIES[quality], subsampling=subsampling
    )
    return bytes([JPEG]) + compact_length(file.tell()) + file.getvalue()
