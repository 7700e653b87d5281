"""How a viewer wants its pixels: the 16 bytes of RFC 6143, 7.4."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from iochan.vnc.errors import RfbError

__all__ = ["BGR233", "MAPPED8", "RGB565", "RGB888", "PixelArray", "PixelFormat"]

_WIRE: Final = struct.Struct(">BBBBHHHBBB3x")
_SIZES: Final = (8, 16, 32)

PixelArray = NDArray[Any]
"""Pixels as the numbers that some format has for them."""


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """Bits of a pixel, their order, and where each colour stands.

    Attributes:
        bits: 8, 16 or 32 for each pixel.
        depth: How many of them mean something.
        big_endian: Whether the most significant byte comes first.
        true_colour: Whether a pixel holds its colour; otherwise it is an index of a colour map.
        maxima: The largest red, green and blue, each one less than a power of 2.
        shifts: How far left of the lowest bit red, green and blue stand.
    """

    bits: int
    depth: int
    big_endian: bool
    true_colour: bool
    maxima: tuple[int, int, int]
    shifts: tuple[int, int, int]

    SIZE = _WIRE.size
    """Bytes of a pixel format on the wire."""

    @classmethod
    def unpack(cls, data: bytes) -> PixelFormat:
        """Return the format of 16 bytes from a peer.

        Raises:
            RfbError: It is none that pixels can have; dividing by its maxima would not be safe.
        """
        bits, depth, big, true, *rest = _WIRE.unpack(data)
        maxima, shifts = tuple(rest[:3]), tuple(rest[3:])
        made = cls(bits, depth, bool(big), bool(true), maxima, shifts)
        made.check()
        return made

    def check(self) -> None:
        """Refuse what no pixel can be (QEMU had a division by zero here, CVE-2014-7815).

        Raises:
            RfbError: The message says what is wrong.
        """
        if self.bits not in _SIZES:
            message = f"pixels of {self.bits} bits: there are 8, 16 and 32"
            raise RfbError(message)
        if not 1 <= self.depth <= self.bits:
            message = f"a depth of {self.depth} in pixels of {self.bits} bits: it must be 1 to {self.bits}"
            raise RfbError(message)
        if not self.true_colour:
            if self.bits != 8:
                message = f"a colour map with pixels of {self.bits} bits: maps are for pixels of 8"
                raise RfbError(message)
            return
        for most, shift in zip(self.maxima, self.shifts, strict=True):
            if most == 0 or most & (most + 1) or shift + most.bit_length() > self.bits:
                message = f"a colour of 0 to {most} at bit {shift} does not fit pixels of {self.bits} bits"
                raise RfbError(message)

    def pack(self) -> bytes:
        """Return the 16 bytes of the wire."""
        return _WIRE.pack(
            self.bits, self.depth, self.big_endian, self.true_colour, *self.maxima, *self.shifts
        )

    @property
    def bytes(self) -> int:
        """How many bytes a pixel has."""
        return self.bits // 8

    @property
    def dtype(self) -> np.dtype[Any]:
        """What an array of such pixels on the wire has as its type."""
        return np.dtype(f"{'>' if self.big_endian else '<'}u{self.bytes}")

    @property
    def compact(self) -> tuple[int, int] | None:
        """The first and the end of the three bytes of a pixel that matter, where the fourth one never does.

        It is what ZRLE calls CPIXEL (RFC 6143, 7.7.5): 32 bits with true colour, a depth of at most 24, and
        all colours in the three lowest or the three highest bytes.
        """
        if self.bits != 32 or self.depth > 24 or not self.true_colour:
            return None
        ends = [shift + most.bit_length() for most, shift in zip(self.maxima, self.shifts, strict=True)]
        if max(ends) <= 24:
            return (1, 4) if self.big_endian else (0, 3)
        if min(self.shifts) >= 8:
            return (0, 3) if self.big_endian else (1, 4)
        return None

    @property
    def rgb(self) -> bool:
        """Whether Tight sends three bytes for a pixel, red first: 8 bits for each colour in 32."""
        return self.bits == 32 and self.depth == 24 and self.true_colour and self.maxima == (255, 255, 255)


RGB888: Final = PixelFormat(32, 24, False, True, (255, 255, 255), (16, 8, 0))
"""The pixels of a `Framebuffer`: ``0x00RRGGBB``, the lowest byte first on the wire."""

RGB565: Final = PixelFormat(16, 16, False, True, (31, 63, 31), (11, 5, 0))

BGR233: Final = PixelFormat(8, 8, False, True, (7, 7, 3), (0, 3, 6))

MAPPED8: Final = PixelFormat(8, 8, False, False, (0, 0, 0), (0, 0, 0))
"""Indexes of a colour map."""
