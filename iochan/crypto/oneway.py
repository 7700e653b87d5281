"""A GCM message goes one way: it is encrypted or it is decrypted, never both under one nonce."""

from __future__ import annotations

from typing import Final

from typing_extensions import override

from iochan.core.buffers import Flat
from iochan.core.errors import CryptoError
from iochan.crypto.backend import AeadContext

__all__ = ["OneWayContext"]

_ENCRYPTED: Final = "encrypted"
_DECRYPTED: Final = "decrypted"


class OneWayContext(AeadContext):
    """Refuses the other direction until the next nonce: each library would make something else of it.

    Args:
        context: A backend's.
    """

    __slots__ = ("_context", "_was")

    def __init__(self, context: AeadContext) -> None:
        self._context = context
        self._was = ""

    def _go(self, way: str) -> None:
        if self._was != way:
            if self._was:
                message = f"this GCM message was {self._was}: set_iv begins another, which can be {way}"
                raise CryptoError(message)
            self._was = way

    @override
    def set_iv(self, iv: bytes) -> None:
        self._was = ""
        self._context.set_iv(iv)

    @override
    def encrypt_into(self, data: Flat, out: Flat) -> None:
        self._go(_ENCRYPTED)
        self._context.encrypt_into(data, out)

    @override
    def decrypt_into(self, data: Flat, out: Flat) -> None:
        self._go(_DECRYPTED)
        self._context.decrypt_into(data, out)

    @override
    def encrypt(self, data: Flat) -> bytes:
        self._go(_ENCRYPTED)
        return self._context.encrypt(data)

    @override
    def decrypt(self, data: Flat) -> bytes:
        self._go(_DECRYPTED)
        return self._context.decrypt(data)

    @override
    def authenticate(self, data: Flat) -> None:
        self._context.authenticate(data)

    @override
    def tag(self) -> bytes:
        if self._was == _DECRYPTED:
            message = "this GCM message was decrypted: verify its tag, which the other side made"
            raise CryptoError(message)
        self._was = _ENCRYPTED
        return self._context.tag()

    @override
    def verify(self, tag: bytes) -> bool:
        self._go(_DECRYPTED)
        return self._context.verify(tag)
