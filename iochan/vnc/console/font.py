"""A bitmap font from a PC Screen Font file, version 1: what Linux' consoles are drawn with."""

from __future__ import annotations

import gzip
import struct
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Font", "console_font"]

_MAGIC: Final = b"\x36\x04"
_HEAD: Final = 4
_MODE_512: Final = 1
_MODE_TABLE: Final = 2
_SEQUENCE: Final = 0xFFFE
_END: Final = 0xFFFF


class Font:
    """Pictures of characters, all of one size.

    Args:
        data: A PSF 1 file: a head, 256 or 512 pictures 8 pixels wide, and which characters they are.

    Attributes:
        width: Pixels in a row of a character: 8.
        height: Its rows.

    Raises:
        ValueError: It is no such file, or has no table of characters.
    """

    width: Final = 8

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEAD or data[:2] != _MAGIC or not data[2] & _MODE_TABLE or not data[3]:
            message = "a console font: PSF version 1 with a Unicode table is needed, this is something else"
            raise ValueError(message)
        count = 512 if data[2] & _MODE_512 else 256
        self.height = data[3]
        end = _HEAD + count * self.height
        if len(data) < end or len(data) % 2 != end % 2:
            message = f"a console font of {len(data)} bytes: it is cut, get the whole file"
            raise ValueError(message)
        bits = np.frombuffer(data[_HEAD:end], np.uint8).reshape(count, self.height, 1)
        self._pictures = np.unpackbits(bits, axis=2).astype(np.bool_)
        self._numbers = _read_table(data[end:], count)
        self._unknown = self._numbers.get("\N{REPLACEMENT CHARACTER}", self._numbers.get("?", 0))

    def __contains__(self, character: str) -> bool:
        return character in self._numbers

    def picture(self, character: str) -> NDArray[np.bool_]:
        """Return the rows of *character*, or of a stand-in for it; True where there is ink."""
        picture: NDArray[np.bool_] = self._pictures[self._numbers.get(character, self._unknown)]
        return picture


def _read_table(data: bytes, count: int) -> dict[str, int]:
    """Return the number of each character's picture; sequences of characters are left out."""
    numbers: dict[str, int] = {}
    number = 0
    sequence = False
    for (point,) in struct.iter_unpack("<H", data):
        if point == _END:
            number, sequence = number + 1, False
        elif point == _SEQUENCE:
            sequence = True
        elif not sequence and number < count:
            numbers.setdefault(chr(point), number)
    return numbers


@cache
def console_font() -> Font:
    """Return the font that comes with the package, 8 by 16 pixels."""
    return Font(gzip.decompress(files(__package__).joinpath("vga16.psf.gz").read_bytes()))
