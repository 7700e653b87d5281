"""ZRLE: tiles of 64 by 64 as palettes and runs, all through one zlib stream (RFC 6143, 7.7.6)."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from typing_extensions import override

from iochan.vnc import codes
from iochan.vnc.encode.base import Encoder, compact_bytes, compact_rows
from iochan.vnc.encode.encoded import Encoded
from iochan.vnc.encode.runs import (
    Palette,
    Runs,
    find_palette,
    find_runs,
    pack_indexes,
    run_bytes,
    solid_cells,
)
from iochan.vnc.pixelformat import PixelArray, PixelFormat

__all__ = ["PALETTE_RLE", "PLAIN_RLE", "RAW_TILE", "SIDE", "SOLID", "ZrleEncoder", "index_bits"]

SIDE: Final = 64
RAW_TILE: Final = 0
SOLID: Final = 1
PLAIN_RLE: Final = 128
PALETTE_RLE: Final = 128
"""Added to the number of colours, at least 2."""

_SOLID_HEAD: Final = bytes([SOLID])
_MOST: Final = 127
_MOST_PACKED: Final = 16


def index_bits(count: int) -> int:
    """Return the bits of an index into a packed palette of *count* colours."""
    return 1 if count <= 2 else 2 if count <= 4 else 4


class ZrleEncoder(Encoder):
    """What most viewers do best with."""

    number: ClassVar[int] = codes.ZRLE

    @override
    def encode(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        height, width = pixels.shape
        solid = solid_cells(pixels, SIDE).tolist()
        # Of all tiles at once: for one it costs as much.
        corners = pixels[::SIDE, ::SIDE]
        colours = compact_rows(corners, form).reshape(*corners.shape, -1)
        parts: list[bytes] = []
        for y in range(0, height, SIDE):
            for x in range(0, width, SIDE):
                row, column = y // SIDE, x // SIDE
                if solid[row][column]:
                    parts.append(_SOLID_HEAD + colours[row, column].tobytes())
                else:
                    parts.append(_tile(pixels[y : y + SIDE, x : x + SIDE], form))
        return Encoded(codes.ZRLE, b"", b"".join(parts), 0)


def _tile(tile: PixelArray, form: PixelFormat) -> bytes:
    """Return a tile of several colours, in the form that is shortest before it is deflated."""
    runs = find_runs(tile.reshape(-1))
    palette = find_palette(runs.values, _MOST)
    if palette is not None:
        return _with_palette(tile, runs, palette, form)
    each = 3 if form.compact else form.bytes
    if len(runs.values) * (each + 1) < tile.size * each:
        return bytes([PLAIN_RLE]) + run_bytes(compact_rows(runs.values, form), runs.lengths, single=False)
    return bytes([RAW_TILE]) + compact_bytes(tile, form)


def _with_palette(tile: PixelArray, runs: Runs, palette: Palette, form: PixelFormat) -> bytes:
    count = len(palette.colours)
    colours = compact_bytes(palette.colours, form)
    if count <= _MOST_PACKED:
        bits = index_bits(count)
        if 2 * len(runs.values) > tile.shape[0] * -(-tile.shape[1] * bits // 8):
            index = np.repeat(palette.indexes, runs.lengths).reshape(tile.shape)
            return bytes([count]) + colours + pack_indexes(index, bits)
    heads = palette.indexes.copy()
    heads[runs.lengths > 1] |= 128
    return bytes([PALETTE_RLE + count]) + colours + run_bytes(heads[:, None], runs.lengths, single=True)
