"""Galois/Counter Mode (NIST SP 800-38D) by libgcrypt, which takes messages in pieces of any length."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import Buffer, override

from iochan.crypto.backend import AeadContext
from iochan.crypto.names import CipherMode
from iochan_ext.gcrypt.cipher import MODES, keyed
from iochan_ext.gcrypt.library import Library, ffi

__all__ = ["GcmContext"]

_TAG: Final = 16
_from_buffer = ffi.from_buffer
_BYTES = ffi.typeof("uint8_t[]")


class GcmContext(AeadContext):
    """One key; the nonce is 12 zero bytes until it is set. A wrong order of calls is libgcrypt's error."""

    __slots__ = ("_handle", "_lib", "_library")

    def __init__(self, library: Library, number: int, key: Any) -> None:
        self._library, self._lib = library, library.lib
        self._handle = keyed(library, number, MODES[CipherMode.GCM], key)
        self.set_iv(bytes(12))

    @override
    def set_iv(self, iv: bytes) -> None:
        self._library.check(self._lib.gcry_cipher_setiv(self._handle, iv, len(iv)), "set a nonce")

    @override
    def authenticate(self, data: Buffer) -> None:
        source = _from_buffer(_BYTES, data)
        error = self._lib.gcry_cipher_authenticate(self._handle, source, len(source))
        self._library.check(error, "authenticate")

    @override
    def encrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        length = len(target)
        if error := self._lib.gcry_cipher_encrypt(self._handle, target, length, _from_buffer(data), length):
            self._library.check(error, "encrypt")

    @override
    def decrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        length = len(target)
        if error := self._lib.gcry_cipher_decrypt(self._handle, target, length, _from_buffer(data), length):
            self._library.check(error, "decrypt")

    @override
    def tag(self) -> bytes:
        tag = bytearray(_TAG)
        error = self._lib.gcry_cipher_gettag(self._handle, _from_buffer(tag), _TAG)
        self._library.check(error, "end the message")
        return bytes(tag)
