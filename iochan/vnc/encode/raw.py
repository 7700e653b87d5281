"""Raw: the pixels as they are (RFC 6143, 7.7.1), and the same through zlib (encoding 6)."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from iochan.vnc import codes
from iochan.vnc.encode.base import Encoder, pixel_bytes
from iochan.vnc.encode.encoded import Encoded
from iochan.vnc.pixelformat import PixelArray, PixelFormat

__all__ = ["RawEncoder", "ZlibEncoder"]


class RawEncoder(Encoder):
    """Every client takes it."""

    number: ClassVar[int] = codes.RAW

    @override
    def encode(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        return Encoded(codes.RAW, pixel_bytes(pixels, form))


class ZlibEncoder(Encoder):
    """One zlib stream for the connection."""

    number: ClassVar[int] = codes.ZLIB

    @override
    def encode(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        return Encoded(codes.ZLIB, b"", pixel_bytes(pixels, form), 0)
