"""DER, as far as keys need it (ITU-T X.690): definite lengths of at most four bytes, nothing left over.

A reader walks one level; what a constructed value holds is read by another reader over it.
"""

from __future__ import annotations

from typing import Final

from iochan.core.errors import CryptoError

__all__ = [
    "BIT_STRING",
    "INTEGER",
    "OCTET_STRING",
    "OID",
    "SEQUENCE",
    "DerError",
    "DerReader",
    "encode",
    "encode_integer",
]

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OID: Final = 0x06
SEQUENCE: Final = 0x30

_LONG: Final = 0x80
_MOST_LENGTH_BYTES: Final = 4


class DerError(CryptoError, ValueError):
    """Bytes that are no DER, or another value than was wanted."""


class DerReader:
    """Reads one value after the other; never copies what it has not checked.

    Args:
        data: The values.
        what: What messages call them.
    """

    __slots__ = ("_at", "_data", "what")

    def __init__(self, data: bytes | memoryview, what: str = "the DER") -> None:
        self._data = memoryview(data).toreadonly()
        self._at = 0
        self.what = what

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self._data) - self._at

    def value(self, tag: int) -> memoryview:
        """Return the content of the next value, which has *tag*.

        Raises:
            DerError: There is none, or it has another tag, or its length is wrong.
        """
        if not self.left:
            message = f"{self.what} ends at byte {self._at}, where a value with tag {tag:#04x} should be"
            raise DerError(message)
        found = self._data[self._at]
        if found != tag:
            message = f"{self.what} has tag {found:#04x} at byte {self._at}, where {tag:#04x} should be"
            raise DerError(message)
        start, length = self._length(self._at + 1)
        if length > len(self._data) - start:
            left = len(self._data) - start
            message = f"{self.what} has a value of {length} bytes at byte {self._at}, and {left} are left"
            raise DerError(message)
        self._at = start + length
        return self._data[start : self._at]

    def integer(self) -> int:
        """Return the next value, an INTEGER that is not negative.

        Raises:
            DerError: It is something else, empty, negative, or longer than it need be.
        """
        place = self._at
        content = bytes(self.value(INTEGER))
        if not content:
            message = f"{self.what} has an empty integer at byte {place}"
            raise DerError(message)
        if content[0] & _LONG:
            message = f"{self.what} has a negative integer at byte {place}"
            raise DerError(message)
        if len(content) > 1 and content[0] == 0 and not content[1] & _LONG:
            message = f"{self.what} has an integer with needless zeros at byte {place}"
            raise DerError(message)
        return int.from_bytes(content, "big")

    def sequence(self, what: str) -> DerReader:
        """Return a reader over the next value, a SEQUENCE, which messages call *what*."""
        return DerReader(self.value(SEQUENCE), what)

    def end(self) -> None:
        """Make sure that nothing follows.

        Raises:
            DerError: Something does.
        """
        if self.left:
            message = f"{self.what} has {self.left} bytes too many, from byte {self._at} on"
            raise DerError(message)

    def _length(self, at: int) -> tuple[int, int]:
        if at >= len(self._data):
            message = f"{self.what} ends at byte {at}, where a length should be"
            raise DerError(message)
        first = self._data[at]
        if not first & _LONG:
            return at + 1, first
        count = first & ~_LONG
        digits = self._data[at + 1 : at + 1 + count]
        if not 0 < count <= _MOST_LENGTH_BYTES or len(digits) < count:
            message = f"{self.what} has a length of {count} bytes at byte {at}: it must be 1 to 4"
            raise DerError(message)
        length = int.from_bytes(digits, "big")
        if length < _LONG or digits[0] == 0:
            message = f"{self.what} has a length with needless bytes at byte {at}"
            raise DerError(message)
        return at + 1 + count, length


def encode(tag: int, content: bytes) -> bytes:
    """Return the value with *tag* and *content*."""
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(digits))) + digits + content


def encode_integer(number: int) -> bytes:
    """Return *number*, which is not negative, as an INTEGER."""
    return encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
