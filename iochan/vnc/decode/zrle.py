"""ZRLE: tiles of 64 by 64 as palettes and runs, all through one zlib stream (RFC 6143, 7.7.6)."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from iochan.vnc.decode.base import Canvas, Decoder
from iochan.vnc.decode.inflate import Inflate
from iochan.vnc.encode.base import cut
from iochan.vnc.encode.zrle import PALETTE_RLE, PLAIN_RLE, SIDE, SOLID, index_bits
from iochan.vnc.errors import RfbError
from iochan.vnc.feed import Need
from iochan.vnc.rect import Rect
from iochan.vnc.translate import Pixels

__all__ = ["ZrleDecoder", "unpack_indexes"]

_MOST_PACKED = 16
_MOST = 127


class ZrleDecoder(Decoder):
    """Inflates a whole rectangle, then draws its tiles."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._inflate = Inflate()

    @override
    def decode(self, area: Rect) -> Need[None]:
        (length,) = struct.unpack(">I", (yield 4))
        each = self.canvas.compact_size
        tiles = cut(area, SIDE, SIDE)
        # The largest tile has a palette that it does not need, and runs of one pixel.
        most = area.area * (each + 1) + len(tiles) * (1 + _MOST * each)
        data = yield from self._inflate.read(length, most)
        try:
            end = self._draw(data, tiles)
        except IndexError:
            message = f"the {len(data)} bytes of a ZRLE rectangle end within a tile"
            raise RfbError(message) from None
        if end != len(data):
            message = f"{len(data) - end} bytes are left behind the last tile of a ZRLE rectangle"
            raise RfbError(message)

    def _draw(self, data: bytes, tiles: list[Rect]) -> int:
        """Draw *tiles* and return where their data ends; an `IndexError` is an end too early."""
        canvas, each, at = self.canvas, self.canvas.compact_size, 0
        for tile in tiles:
            kind, at = data[at], at + 1
            if kind == SOLID:
                canvas.fill(tile, canvas.compact(_piece(data, at, each)))
                at += each
            elif kind == 0:
                canvas.paint(tile, canvas.compact(_piece(data, at, tile.area * each)))
                at += tile.area * each
            elif kind <= _MOST_PACKED:
                at = self._packed(data, at, tile, kind)
            elif kind == PLAIN_RLE:
                at = self._plain_runs(data, at, tile)
            elif kind >= PALETTE_RLE + 2:
                at = self._palette_runs(data, at, tile, kind - PALETTE_RLE)
            else:
                message = f"a ZRLE tile of kind {kind}, which is none"
                raise RfbError(message)
        return at

    def _packed(self, data: bytes, at: int, tile: Rect, count: int) -> int:
        palette, at = self._palette(data, at, count)
        bits = index_bits(count)
        size = -(-tile.width * bits // 8) * tile.height
        index = unpack_indexes(_piece(data, at, size), tile, bits)
        self._indexed(tile, palette, index)
        return at + size

    def _plain_runs(self, data: bytes, at: int, tile: Rect) -> int:
        each, left = self.canvas.compact_size, tile.area
        colours = bytearray()
        lengths: list[int] = []
        while left > 0:
            colours += _piece(data, at, each)
            length, at = _run_length(data, at + each)
            lengths.append(length)
            left -= length
        self._runs(tile, self.canvas.compact(bytes(colours)), lengths, left)
        return at

    def _palette_runs(self, data: bytes, at: int, tile: Rect, count: int) -> int:
        palette, at = self._palette(data, at, count)
        left = tile.area
        heads = bytearray()
        lengths: list[int] = []
        while left > 0:
            head, length, at = data[at], 1, at + 1
            if head & 128:
                length, at = _run_length(data, at)
            heads.append(head & 127)
            lengths.append(length)
            left -= length
        index = np.frombuffer(bytes(heads), np.uint8)
        if int(index.max()) >= count:
            message = f"a ZRLE run of colour {index.max()} of a palette of {count}"
            raise RfbError(message)
        self._runs(tile, palette[index], lengths, left)
        return at

    def _palette(self, data: bytes, at: int, count: int) -> tuple[Pixels, int]:
        size = count * self.canvas.compact_size
        return self.canvas.compact(_piece(data, at, size)), at + size

    def _indexed(self, tile: Rect, palette: Pixels, index: NDArray[np.uint8]) -> None:
        if int(index.max()) >= len(palette):
            message = f"a ZRLE pixel of colour {index.max()} of a palette of {len(palette)}"
            raise RfbError(message)
        self.canvas.paint(tile, palette[index])

    def _runs(self, tile: Rect, colours: Pixels, lengths: list[int], left: int) -> None:
        if left < 0:
            message = f"the runs of a ZRLE tile go {-left} pixels past its end"
            raise RfbError(message)
        self.canvas.paint(tile, np.repeat(colours, lengths))


def _piece(data: bytes, at: int, size: int) -> bytes:
    piece = data[at : at + size]
    if len(piece) < size:
        raise IndexError
    return piece


def _run_length(data: bytes, at: int) -> tuple[int, int]:
    """Return the length of a run that is told from *at* on, and where it ends."""
    length = 1
    while data[at] == 255:
        length += 255
        at += 1
    return length + data[at], at + 1


def unpack_indexes(data: bytes, area: Rect, bits: int) -> NDArray[np.uint8]:
    """Return the rows of indexes that *data* packs in 1, 2 or 4 *bits* each."""
    rows = np.frombuffer(data, np.uint8).reshape(area.height, -1)
    each = 8 // bits
    wide = np.empty((rows.shape[0], rows.shape[1] * each), dtype=np.uint8)
    for place in range(each):
        wide[:, place::each] = rows >> (8 - bits * (place + 1)) & ((1 << bits) - 1)
    return wide[:, : area.width]
