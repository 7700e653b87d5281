"""Hextile: tiles of 16 by 16, each raw or as rectangles of one colour (RFC 6143, 7.7.4)."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from typing_extensions import override

from iochan.vnc import codes
from iochan.vnc.encode.base import Encoder, pixel_bytes
from iochan.vnc.encode.encoded import Encoded
from iochan.vnc.encode.runs import find_palette, find_runs, solid_cells
from iochan.vnc.pixelformat import PixelArray, PixelFormat

__all__ = [
    "BACKGROUND",
    "COLOURED",
    "FOREGROUND",
    "SIDE",
    "SUBRECTS",
    "UNCOMPRESSED",
    "HextileEncoder",
]

SIDE: Final = 16
UNCOMPRESSED: Final = 1
BACKGROUND: Final = 2
FOREGROUND: Final = 4
SUBRECTS: Final = 8
COLOURED: Final = 16


class HextileEncoder(Encoder):
    """Old viewers know nothing better."""

    number: ClassVar[int] = codes.HEXTILE

    @override
    def encode(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        height, width = pixels.shape
        solid = solid_cells(pixels, SIDE)
        parts: list[bytes] = []
        background: int | None = None
        for y in range(0, height, SIDE):
            for x in range(0, width, SIDE):
                tile = pixels[y : y + SIDE, x : x + SIDE]
                if solid[y // SIDE, x // SIDE]:
                    colour = int(tile[0, 0])
                    same = colour == background
                    parts.append(b"\0" if same else bytes([BACKGROUND]) + pixel_bytes(tile[:1, :1], form))
                    background = colour
                else:
                    parts.append(_tile(tile, form))
                    # Every tile that is not solid names its own colours.
                    background = None
        return Encoded(codes.HEXTILE, b"".join(parts))


def _tile(tile: PixelArray, form: PixelFormat) -> bytes:
    """Return one tile of two colours as its runs, and any other raw."""
    runs = find_runs(tile.reshape(-1))
    palette = find_palette(runs.values, 2)
    raw = bytes([UNCOMPRESSED]) + pixel_bytes(tile, form)
    if palette is None:
        return raw
    # Runs must not go over the end of a row: the background is that of more pixels.
    width = tile.shape[1]
    ones = int(runs.lengths[palette.indexes == 1].sum())
    fore = 1 if ones * 2 <= tile.size else 0
    marked = np.zeros((tile.shape[0], width + 1), dtype=np.uint8)
    marked[:, :width] = tile == palette.colours[fore]
    spans = find_runs(marked.reshape(-1))
    shown = spans.values == 1
    count = int(shown.sum())
    if 2 * count + 2 * form.bytes + 2 >= len(raw) or count > 255:
        return raw
    starts, lengths = spans.starts[shown], spans.lengths[shown]
    places = np.empty((count, 2), dtype=np.uint8)
    places[:, 0] = starts % (width + 1) << 4 | starts // (width + 1)
    places[:, 1] = lengths - 1 << 4
    colours = palette.colours[[1 - fore, fore]]
    head = bytes([BACKGROUND | FOREGROUND | SUBRECTS]) + pixel_bytes(colours, form)
    return head + bytes([count]) + places.tobytes()
