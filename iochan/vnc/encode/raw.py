"""Raw: the pixels as they are (RFC 6143, 7.7.1), and the same through zlib (encoding 6)."""

from __future__ import annotations

import struct
import zlib
from typing import ClassVar

from typing_extensions import override

from iochan.vnc import codes
from iochan.vnc.encode.base import Encoder, pixel_bytes
from iochan.vnc.pixelformat import PixelArray, PixelFormat

__all__ = ["RawEncoder", "ZlibEncoder"]


class RawEncoder(Encoder):
    """Every client takes it."""

    number: ClassVar[int] = codes.RAW

    @override
    def encode(self, pixels: PixelArray, form: PixelFormat) -> tuple[int, bytes]:
        return codes.RAW, pixel_bytes(pixels, form)


class ZlibEncoder(Encoder):
    """One zlib stream for the connection.

    Args:
        level: zlib's, from 1 to 9.
    """

    number: ClassVar[int] = codes.ZLIB

    def __init__(self, level: int) -> None:
        self._deflate = zlib.compressobj(level)

    @override
    def encode(self, pixels: PixelArray, form: PixelFormat) -> tuple[int, bytes]:
        data = self._deflate.compress(pixel_bytes(pixels, form)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return codes.ZLIB, struct.pack(">I", len(data)) + data
