"""Tight: fills, palettes, gradients, plain pixels, JPEG and PNG (encodings 7 and -260)."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image
from typing_extensions import override

from iochan.vnc.decode.base import Canvas, Decoder
from iochan.vnc.decode.inflate import Inflate
from iochan.vnc.decode.zrle import unpack_indexes
from iochan.vnc.encode.tight import (
    EXPLICIT_FILTER,
    FILL,
    FILTER_COPY,
    FILTER_GRADIENT,
    FILTER_PALETTE,
    JPEG,
    MAX_WIDTH,
    PNG,
    UNCOMPRESSED_BELOW,
)
from iochan.vnc.errors import RfbError, RfbLimit
from iochan.vnc.feed import MAX_NEED, Need
from iochan.vnc.rect import Rect
from iochan.vnc.translate import Pixels, from_rgb

__all__ = ["TightDecoder"]

_STREAMS: Final = 4
_PICTURES: Final = {JPEG: "JPEG", PNG: "PNG"}
_BASIC_END: Final = 0x80


class TightDecoder(Decoder):
    """Four zlib streams, which the server may begin anew."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._streams = [Inflate() for _ in range(_STREAMS)]

    @override
    def decode(self, area: Rect) -> Need[None]:
        if area.width > MAX_WIDTH:
            message = f"a Tight rectangle {area.width} pixels wide: at most {MAX_WIDTH} are allowed"
            raise RfbLimit(message)
        canvas = self.canvas
        control = (yield 1)[0]
        for stream in range(_STREAMS):
            if control >> stream & 1:
                self._streams[stream] = Inflate()
        kind = control & 0xF0
        if kind == FILL:
            canvas.fill(area, canvas.tight((yield canvas.tight_size)))
        elif kind in _PICTURES:
            yield from self._picture(area, _PICTURES[kind])
        elif kind < _BASIC_END:
            yield from self._basic(area, kind)
        else:
            message = f"a Tight rectangle of kind {kind:#x}, which is none"
            raise RfbError(message)

    def _picture(self, area: Rect, name: str) -> Need[None]:
        length = yield from _length()
        data = bytearray()
        while len(data) < length:
            data += yield min(length - len(data), MAX_NEED)
        try:
            with Image.open(io.BytesIO(data), formats=[name]) as picture:
                size = picture.size
                if size == (area.width, area.height):
                    self.canvas.paint(area, from_rgb(np.asarray(picture.convert("RGB"))))
                    return
        # Pillow raises what its parsers happen to meet, struct.error and SyntaxError among it.
        except Exception as error:
            message = f"a {name} of {length} bytes cannot be read"
            raise RfbError(message) from error
        message = f"a {name} of {size[0]} by {size[1]} for a rectangle of {area.width} by {area.height}"
        raise RfbError(message)

    def _basic(self, area: Rect, control: int) -> Need[None]:
        stream = control >> 4 & 3
        kind = (yield 1)[0] if control & EXPLICIT_FILTER else FILTER_COPY
        canvas = self.canvas
        if kind == FILTER_PALETTE:
            yield from self._palette(area, stream)
        elif kind in {FILTER_COPY, FILTER_GRADIENT}:
            data = yield from self._data(stream, area.area * canvas.tight_size)
            pixels = canvas.tight(data) if kind == FILTER_COPY else self._gradient(area, data)
            canvas.paint(area, pixels)
        else:
            message = f"a Tight filter {kind}, which is none"
            raise RfbError(message)

    def _palette(self, area: Rect, stream: int) -> Need[None]:
        canvas = self.canvas
        count = (yield 1)[0] + 1
        palette = canvas.tight((yield count * canvas.tight_size))
        if count <= 2:
            data = yield from self._data(stream, -(-area.width // 8) * area.height)
            index = unpack_indexes(data, area, 1)
        else:
            index = np.frombuffer((yield from self._data(stream, area.area)), np.uint8)
        if index.size and int(index.max()) >= count:
            message = f"a Tight pixel of colour {index.max()} of a palette of {count}"
            raise RfbError(message)
        canvas.paint(area, palette[index])

    def _data(self, stream: int, size: int) -> Need[bytes]:
        """Return *size* bytes of *stream*; few come as they are."""
        if size < UNCOMPRESSED_BELOW:
            return (yield size)
        length = yield from _length()
        return (yield from self._streams[stream].exactly(length, size))

    def _gradient(self, area: Rect, data: bytes) -> Pixels:
        """Return pixels that came as differences from what their neighbours let expect."""
        form = self.canvas.form
        if form.rgb:
            parts = np.frombuffer(data, np.uint8).reshape(area.height, area.width, 3).astype(np.int64)
            maxima = (255, 255, 255)
        else:
            numbers = np.frombuffer(data, form.dtype).reshape(area.height, area.width).astype(np.int64)
            maxima = form.maxima
            parts = np.stack(
                [numbers >> shift & most for shift, most in zip(form.shifts, maxima, strict=True)], axis=-1
            )
        for channel, most in enumerate(maxima):
            above = [0] * (area.width + 1)
            for row in parts[:, :, channel]:
                above = _predicted(row.tolist(), above, most)
                row[:] = above[1:]
        if form.rgb:
            return from_rgb(parts.astype(np.uint8)).reshape(-1)
        red, green, blue = (parts[:, :, channel] << form.shifts[channel] for channel in range(3))
        numbers = red | green | blue
        return self.canvas.pixels(numbers.astype(form.dtype).tobytes())


def _predicted(differences: list[int], above: list[int], most: int) -> list[int]:
    """Return the row below *above*, both with a black pixel before their first one."""
    row = [0]
    left = 0
    for place, difference in enumerate(differences):
        expected = min(max(left + above[place + 1] - above[place], 0), most)
        left = expected + difference & most
        row.append(left)
    return row


def _length() -> Need[int]:
    """Parse a length of one to three bytes."""
    length = 0
    for shift in (0, 7, 14):
        part = (yield 1)[0]
        if shift == 14:
            return length | part << shift
        length |= (part & 127) << shift
        if not part & 128:
            break
    return length
