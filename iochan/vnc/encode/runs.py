"""What pixels have in common: colours, runs, and indexes in few bits. Nothing loops over pixels."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iochan.vnc.pixelformat import PixelArray

__all__ = ["Palette", "Runs", "find_palette", "find_runs", "pack_indexes", "run_bytes", "solid_cells"]

_SAMPLE: Final = 512
"""Looking at so many runs tells most photographs from drawings."""

Indexes = NDArray[np.intp]


class Runs(NamedTuple):
    """Neighbours of one colour: their *values*, where each run *starts*, and its *lengths*."""

    values: PixelArray
    starts: Indexes
    lengths: Indexes


class Palette(NamedTuple):
    """The *colours* of some pixels, in rising order, and *indexes*: which of them each run has."""

    colours: PixelArray
    indexes: NDArray[np.uint8]


def find_runs(flat: PixelArray) -> Runs:
    """Return the runs of *flat*, one row of at least one pixel."""
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    # By hand: what numpy has for it costs as much again as all of this, for a tile.
    starts = np.empty(len(changes) + 1, changes.dtype)
    starts[0] = 0
    np.add(changes, 1, out=starts[1:])
    lengths = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
    lengths[-1] = len(flat) - starts[-1]
    return Runs(flat[starts], starts, lengths)


def find_palette(values: PixelArray, most: int) -> Palette | None:
    """Return the palette of the runs with these *values*; None if it has more than *most* (≤ 256) colours."""
    if len(values) > _SAMPLE and len(np.unique(values[:_SAMPLE])) > most:
        return None
    colours, index = np.unique(values, return_inverse=True)
    if len(colours) > most:
        return None
    return Palette(colours, index.reshape(-1).astype(np.uint8))


def pack_indexes(index: NDArray[np.uint8], bits: int) -> bytes:
    """Return rows of indexes of 1, 2 or 4 *bits*, the first one highest; each row begins with a byte."""
    if bits == 1:
        return np.packbits(index, axis=1).tobytes()
    each = 8 // bits
    rest = -index.shape[1] % each
    if rest:
        index = np.pad(index, ((0, 0), (0, rest)))
    packed = index[:, ::each] << (8 - bits)
    for place in range(1, each):
        packed |= index[:, place::each] << (8 - bits * (place + 1))
    return packed.tobytes()


def run_bytes(heads: NDArray[np.uint8], lengths: Indexes, *, single: bool) -> bytes:
    """Return runs as RLE has them: the bytes of a head, then its length.

    A length is as many bytes of 255 as go into it, and the rest, less one for the first pixel.

    Args:
        heads: A row of bytes for each run.
        lengths: How many pixels each has.
        single: Whether a run of one pixel is its head alone.
    """
    extra = (lengths - 1) // 255 + 1
    if single:
        extra[lengths == 1] = 0
    width = heads.shape[1]
    ends = np.cumsum(extra + width)
    data = np.full(int(ends[-1]), 255, dtype=np.uint8)
    starts = ends - extra - width
    for column in range(width):
        data[starts + column] = heads[:, column]
    told = extra > 0
    data[ends[told] - 1] = (lengths[told] - 1) % 255
    return data.tobytes()


def solid_cells(pixels: PixelArray, side: int) -> NDArray[np.bool_]:
    """Return which cells of *side* by *side* pixels, cut from the top left, have one colour."""
    height, width = pixels.shape
    columns = np.arange(0, width, side)
    corners = np.repeat(pixels[::side, ::side], side, axis=1)[:, :width]
    solid = np.empty((len(corners), len(columns)), np.bool_)
    # A row of cells at a time: what it takes stays in the cache.
    for row, (top, wanted) in enumerate(zip(range(0, height, side), corners, strict=True)):
        same = (pixels[top : top + side] == wanted).all(axis=0)
        np.logical_and.reduceat(same, columns, out=solid[row])
    return solid
