"""The anti-forensic splitter of LUKS: a key spread over so much disk that losing any of it loses the key."""

from __future__ import annotations

from typing_extensions import Buffer

from iochan.core.errors import CryptoError
from iochan.crypto.backend import Backend
from iochan.crypto.errors import LengthError
from iochan.crypto.hash import hash_bytes
from iochan.crypto.names import HashAlgorithm, named
from iochan.crypto.random import random_bytes

__all__ = ["MAX_STRIPES", "AfSplitter"]

MAX_STRIPES = 1 << 16
"""The most stripes that a key is spread over; LUKS has 4000."""


class AfSplitter:
    """Splits keys into stripes and joins them again (LUKS On-Disk Format 1.2.3, section 2.4).

    Args:
        algorithm: The hash that diffuses each stripe, or its name.
        stripes: How many stripes, 1 to `MAX_STRIPES`.
        backend: Who computes the hashes.

    Raises:
        UnknownAlgorithm: The hash's name is unknown.
        CryptoError: *stripes* is out of its range.
    """

    __slots__ = ("_backend", "_hash", "stripes")

    def __init__(self, algorithm: str, stripes: int = 4000, backend: Backend | str | None = None) -> None:
        self._hash = named(HashAlgorithm, algorithm)
        self._backend = backend
        if not 0 < stripes <= MAX_STRIPES:
            message = f"{stripes} stripes: there must be 1 to {MAX_STRIPES}"
            raise CryptoError(message)
        self.stripes = stripes

    def split(self, key: Buffer) -> bytes:
        """Return *key* spread over its stripes: `stripes` times its length, all of it needed to join."""
        secret = bytes(key)
        length = len(secret)
        random = random_bytes(length * (self.stripes - 1))
        gathered = self._gather(random, length)
        return random + _xor(gathered, secret)

    def join(self, material: Buffer, length: int) -> bytes:
        """Return the key of *length* bytes that was split into *material*.

        Raises:
            LengthError: *material* is not `stripes` times *length* bytes.
        """
        data = bytes(material)
        if length < 1 or len(data) != length * self.stripes:
            raise LengthError(
                "the split key", len(data), f"it must have {self.stripes} stripes of {length} bytes"
            )
        cut = length * (self.stripes - 1)
        return _xor(self._gather(data[:cut], length), data[cut:])

    def _gather(self, data: bytes, length: int) -> bytes:
        """Return the stripes of *data*, each mixed into the next and diffused."""
        block = bytes(length)
        for start in range(0, len(data), length):
            block = self._diffuse(_xor(block, data[start : start + length]))
        return block

    def _diffuse(self, block: bytes) -> bytes:
        size = self._hash.digest_length
        pieces = []
        for number, start in enumerate(range(0, len(block), size)):
            piece = block[start : start + size]
            digest = hash_bytes(self._hash, number.to_bytes(4, "big") + piece, self._backend)
            pieces.append(digest[: len(piece)])
        return b"".join(pieces)


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
