"""Raw pixels, plain or through zlib, and copies (RFC 6143, 7.7.1 and 7.7.2)."""

from __future__ import annotations

import struct

from typing_extensions import override

from iochan.vnc.decode.base import Canvas, Decoder, check_inside
from iochan.vnc.decode.inflate import Inflate
from iochan.vnc.feed import MAX_NEED, Need
from iochan.vnc.rect import Rect

__all__ = ["CopyDecoder", "RawDecoder", "ZlibDecoder"]


class RawDecoder(Decoder):
    """Takes as many rows at once as a parser may ask for."""

    @override
    def decode(self, area: Rect) -> Need[None]:
        row = area.width * self.canvas.form.bytes
        if not row:
            return
        most = MAX_NEED // row
        for y in range(area.y, area.bottom, most):
            height = min(most, area.bottom - y)
            data = yield height * row
            self.canvas.paint(Rect(area.x, y, area.width, height), self.canvas.pixels(data))


class ZlibDecoder(Decoder):
    """Raw through one stream."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._inflate = Inflate()

    @override
    def decode(self, area: Rect) -> Need[None]:
        (length,) = struct.unpack(">I", (yield 4))
        data = yield from self._inflate.exactly(length, area.area * self.canvas.form.bytes)
        self.canvas.paint(area, self.canvas.pixels(data))


class CopyDecoder(Decoder):
    """What the client shows already, in another place."""

    @override
    def decode(self, area: Rect) -> Need[None]:
        x, y = struct.unpack(">HH", (yield 4))
        source = Rect(x, y, area.width, area.height)
        framebuffer = self.canvas.framebuffer
        check_inside(source, framebuffer.screen, "a copy")
        framebuffer.pixels[area.rows, area.columns] = framebuffer.pixels[source.rows, source.columns].copy()
