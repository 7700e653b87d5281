"""Hextile: tiles of 16 by 16 (RFC 6143, 7.7.4)."""

from __future__ import annotations

from typing_extensions import override

from iochan.vnc.decode.base import Decoder, check_inside
from iochan.vnc.encode.base import cut
from iochan.vnc.encode.hextile import BACKGROUND, COLOURED, FOREGROUND, SIDE, SUBRECTS, UNCOMPRESSED
from iochan.vnc.errors import RfbError
from iochan.vnc.feed import Need
from iochan.vnc.rect import Rect
from iochan.vnc.translate import Pixels

__all__ = ["HextileDecoder"]


class HextileDecoder(Decoder):
    """Remembers two colours from tile to tile of a rectangle."""

    @override
    def decode(self, area: Rect) -> Need[None]:
        canvas, size = self.canvas, self.canvas.form.bytes
        back: Pixels | None = None
        fore: Pixels | None = None
        for tile in cut(area, SIDE, SIDE):
            kind = (yield 1)[0]
            if kind & UNCOMPRESSED:
                canvas.paint(tile, canvas.pixels((yield tile.area * size)))
                back = fore = None
                continue
            if kind & BACKGROUND:
                back = canvas.pixels((yield size))
            if kind & FOREGROUND:
                fore = canvas.pixels((yield size))
            if back is None:
                message = "a hextile tile without a background, and none before it has one"
                raise RfbError(message)
            canvas.fill(tile, back)
            if kind & COLOURED:
                fore = None
            if kind & SUBRECTS:
                yield from self._rectangles(tile, kind, fore)

    def _rectangles(self, tile: Rect, kind: int, fore: Pixels | None) -> Need[None]:
        canvas = self.canvas
        pixel = canvas.form.bytes if kind & COLOURED else 0
        if fore is None and not pixel:
            message = "a hextile tile with rectangles without a colour, and none before it has one"
            raise RfbError(message)
        count = (yield 1)[0]
        size = pixel + 2
        data = yield count * size
        for start in range(0, len(data), size):
            place, extent = data[start + pixel], data[start + pixel + 1]
            inner = Rect(tile.x + (place >> 4), tile.y + (place & 15), (extent >> 4) + 1, (extent & 15) + 1)
            check_inside(inner, tile, "a hextile rectangle")
            colour = canvas.pixels(data[start : start + pixel]) if pixel else fore
            assert colour is not None
            canvas.fill(inner, colour)
