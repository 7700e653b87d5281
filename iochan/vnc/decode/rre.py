"""RRE: a background, and rectangles on it (RFC 6143, 7.7.3)."""

from __future__ import annotations

import struct

from typing_extensions import override

from iochan.vnc.decode.base import Decoder, check_inside
from iochan.vnc.errors import RfbLimit
from iochan.vnc.feed import Need
from iochan.vnc.rect import Rect

__all__ = ["RreDecoder"]

_BATCH = 4096


class RreDecoder(Decoder):
    """Draws each rectangle as it comes."""

    @override
    def decode(self, area: Rect) -> Need[None]:
        canvas = self.canvas
        (count,) = struct.unpack(">I", (yield 4))
        if count > area.area:
            message = f"{count} rectangles within one of {area.area} pixels: at most one for each is needed"
            raise RfbLimit(message)
        canvas.fill(area, canvas.pixels((yield canvas.form.bytes)))
        size = canvas.form.bytes + 8
        while count:
            batch = min(count, _BATCH)
            count -= batch
            data = yield batch * size
            for start in range(0, len(data), size):
                middle = start + canvas.form.bytes
                inner = Rect(*struct.unpack_from(">HHHH", data, middle)).moved(area.x, area.y)
                check_inside(inner, area, "a rectangle")
                canvas.fill(inner, canvas.pixels(data[start:middle]))
