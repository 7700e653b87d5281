"""EAX: a counter mode with a MAC over the nonce, the associated data and the cipher text.

Bellare, Rogaway and Wagner, "The EAX Mode of Operation" (2004). For protocols that have it, such as RFB's
RA2; new ones take GCM.
"""

from __future__ import annotations

import hmac
from typing import Final

from typing_extensions import Buffer

from iochan.crypto.cipher import Cipher, block_length
from iochan.crypto.errors import AuthenticationFailed, LengthError
from iochan.crypto.mac import Cmac

__all__ = ["TAG_LENGTH", "Eax"]

TAG_LENGTH: Final = 16
"""Bytes that a message grows by."""


class Eax:
    """One key, for any number of messages, each with a nonce of its own.

    One thread at a time may use it.

    Args:
        algorithm: A cipher with blocks of 16 bytes, such as ``aes-128``.
        key: As long as `iochan.crypto.key_length` says.

    Raises:
        UnknownAlgorithm: The name is unknown.
        LengthError: *key* has the wrong length, or the cipher's blocks have.
        AlgorithmUnavailable: No backend here has it.
    """

    __slots__ = ("_block", "_cipher", "_macs")

    def __init__(self, algorithm: str, key: Buffer) -> None:
        self._block = block_length(algorithm)
        if self._block != TAG_LENGTH:
            raise LengthError(f"a block of {algorithm}", self._block, f"EAX takes those with {TAG_LENGTH}")
        self._cipher = Cipher(algorithm, "ctr", key)
        first = Cmac(algorithm, key)
        # Each MAC begins with a block that says what it is of: 0 nonce, 1 associated data, 2 cipher text.
        self._macs = [first.copy() for _ in range(3)]
        for number, mac in enumerate(self._macs):
            mac.update(number.to_bytes(self._block, "big"))

    def encrypt(self, nonce: Buffer, data: Buffer, associated: Buffer = b"") -> bytes:
        """Return *data* encrypted, with its tag of `TAG_LENGTH` bytes at the end."""
        vector = self._mac(0, nonce)
        secret = self._count(vector, bytes(data))
        return secret + self._tag(vector, associated, secret)

    def decrypt(self, nonce: Buffer, data: Buffer, associated: Buffer = b"") -> bytes:
        """Return what was encrypted.

        Raises:
            AuthenticationFailed: *data* is not what was encrypted with this key, *nonce* and *associated*.
        """
        whole = bytes(data)
        secret, tag = whole[:-TAG_LENGTH], whole[-TAG_LENGTH:]
        vector = self._mac(0, nonce)
        if not hmac.compare_digest(self._tag(vector, associated, secret), tag):
            message = "the EAX tag does not fit: the data, what is associated with it or the key is another"
            raise AuthenticationFailed(message)
        return self._count(vector, secret)

    def _count(self, vector: bytes, data: bytes) -> bytes:
        self._cipher.set_iv(vector)
        padding = -len(data) % self._block  # a cipher takes whole blocks only
        return self._cipher.encrypt(data + bytes(padding))[: len(data)]

    def _mac(self, number: int, data: Buffer) -> bytes:
        mac = self._macs[number].copy()
        mac.update(data)
        return mac.digest()

    def _tag(self, vector: bytes, associated: Buffer, secret: bytes) -> bytes:
        parts = (vector, self._mac(1, associated), self._mac(2, secret))
        number = 0
        for part in parts:
            number ^= int.from_bytes(part, "big")
        return number.to_bytes(self._block, "big")
