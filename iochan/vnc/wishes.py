"""What a client can take, by the list of encodings that it sent last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from iochan.vnc import codes

__all__ = ["Wishes"]

_PIXELS: Final = frozenset({
    codes.RAW, codes.RRE, codes.HEXTILE, codes.ZLIB, codes.TIGHT, codes.ZRLE, codes.TIGHT_PNG,
})  # fmt: skip
_DEFAULT_LEVEL: Final = 2


class Wishes:
    """One list, understood; what is unknown is passed over.

    Args:
        numbers: The encodings, the client's favourite first.

    Attributes:
        encoding: The one for pixels that the client likes best of those that are known.
        level: zlib's: the client's, or a quick one.
        quality: 0 to 9 where the client takes lossy pictures; None where it does not.
    """

    __slots__ = ("_numbers", "encoding", "level", "quality")

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        ordered = tuple(numbers)
        self._numbers = frozenset(ordered)
        self.encoding = next((number for number in ordered if number in _PIXELS), codes.RAW)
        levels = [number - codes.COMPRESSION.start for number in ordered if number in codes.COMPRESSION]
        qualities = [number - codes.JPEG_QUALITY.start for number in ordered if number in codes.JPEG_QUALITY]
        # Level 0 would not compress at all, which no viewer means by it.
        self.level = max(1, levels[0]) if levels else _DEFAULT_LEVEL
        self.quality = qualities[0] if qualities else None

    def __contains__(self, number: int) -> bool:
        return number in self._numbers

    def news(self, before: Wishes) -> frozenset[int]:
        """Return what is asked for here, and was not *before*."""
        return self._numbers - before._numbers

    @property
    def resizes(self) -> bool:
        """Whether it can take another size."""
        return codes.DESKTOP_SIZE in self or codes.EXTENDED_DESKTOP_SIZE in self
