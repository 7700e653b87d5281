"""Block ciphers of libgcrypt in the modes ECB, CBC, CTR and XTS.

Libgcrypt wipes a handle when it is closed, which happens with the last reference to it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from typing_extensions import Buffer, override

from iochan.crypto.backend import CipherContext
from iochan.crypto.names import CipherMode
from iochan_ext.gcrypt.library import Library, ffi

__all__ = ["MODES", "ChainedContext", "EcbContext", "XtsContext", "keyed"]

MODES: Final = {
    CipherMode.ECB: 1,
    CipherMode.CBC: 3,
    CipherMode.CTR: 6,
    CipherMode.GCM: 9,
    CipherMode.XTS: 13,
}
"""Libgcrypt's numbers."""

_ALLOW_WEAK_KEY: Final = 79
_from_buffer = ffi.from_buffer
_BYTES = ffi.typeof("uint8_t[]")


def keyed(library: Library, number: int, mode: int, key: Any, flags: int = 0) -> Any:
    """Return a handle of cipher *number* in libgcrypt's *mode*, with *key* set in it."""
    lib, place = library.lib, ffi.new("void **")
    library.check(lib.gcry_cipher_open(place, number, mode, flags), "open a cipher")
    handle = ffi.gc(place[0], lib.gcry_cipher_close)
    # VNC's passwords are DES keys, weak ones too. Versions before 1.9 know no such leave, and refuse the key.
    allowed = not lib.gcry_cipher_ctl(handle, _ALLOW_WEAK_KEY, ffi.NULL, 1)
    error = lib.gcry_cipher_setkey(handle, key, len(key))
    if not (allowed and library.is_weak(error)):
        library.check(error, "set a key")
    return handle


class EcbContext(CipherContext):
    """Each block for itself."""

    __slots__ = ("_decrypt", "_encrypt", "_library")

    def __init__(self, library: Library, number: int, key: Any) -> None:
        self._library = library
        handle = keyed(library, number, MODES[CipherMode.ECB], key)
        self._encrypt = partial(library.lib.gcry_cipher_encrypt, handle)
        self._decrypt = partial(library.lib.gcry_cipher_decrypt, handle)

    @override
    def set_iv(self, iv: bytes) -> None:
        raise AssertionError("ECB has no vector")

    @override
    def encrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        length = len(target)
        if error := self._encrypt(target, length, _from_buffer(data), length):
            self._library.check(error, "encrypt")

    @override
    def decrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        length = len(target)
        if error := self._decrypt(target, length, _from_buffer(data), length):
            self._library.check(error, "decrypt")


class ChainedContext(CipherContext):
    """CBC or CTR, with a handle for each direction; walking sectors sets the vectors of that direction."""

    __slots__ = ("_block", "_decrypt", "_encrypt", "_library", "_set_decrypt_iv", "_set_encrypt_iv")

    def __init__(self, library: Library, number: int, mode: CipherMode, block: int, key: Any) -> None:
        self._library, self._block = library, block
        lib = library.lib
        encrypting = keyed(library, number, MODES[mode], key)
        one = mode is CipherMode.XTS  # which keeps no state from call to call
        decrypting = encrypting if one else keyed(library, number, MODES[mode], key)
        self._encrypt = partial(lib.gcry_cipher_encrypt, encrypting)
        self._decrypt = partial(lib.gcry_cipher_decrypt, decrypting)
        set_iv = lib.gcry_cipher_setctr if mode is CipherMode.CTR else lib.gcry_cipher_setiv
        self._set_encrypt_iv = partial(set_iv, encrypting)
        self._set_decrypt_iv = partial(set_iv, decrypting)

    @override
    def set_iv(self, iv: bytes) -> None:
        self._set_encrypt_iv(iv, self._block)
        self._set_decrypt_iv(iv, self._block)

    @override
    def encrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        length = len(target)
        source = data if type(data) is bytes else _from_buffer(data)
        if error := self._encrypt(target, length, source, length):
            self._library.check(error, "encrypt")

    @override
    def decrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        length = len(target)
        source = data if type(data) is bytes else _from_buffer(data)
        if error := self._decrypt(target, length, source, length):
            self._library.check(error, "decrypt")

    @override
    def encrypt_sectors_into(self, data: Buffer, out: Buffer, ivs: Buffer, sector: int) -> None:
        self._each_sector(self._set_encrypt_iv, self._encrypt, (data, out, ivs), sector)

    @override
    def decrypt_sectors_into(self, data: Buffer, out: Buffer, ivs: Buffer, sector: int) -> None:
        self._each_sector(self._set_decrypt_iv, self._decrypt, (data, out, ivs), sector)

    def _each_sector(
        self,
        set_iv: Callable[..., int],
        crypt: Callable[..., int],
        buffers: tuple[Buffer, Buffer, Buffer],
        sector: int,
    ) -> None:
        data, out, ivs = buffers
        source, target = _from_buffer(_BYTES, data), _from_buffer(_BYTES, out, True)
        vectors, block, error = _from_buffer(_BYTES, ivs), self._block, 0
        starts = range(0, len(target), sector)
        for start, iv in zip(starts, range(0, len(vectors), block), strict=True):
            set_iv(vectors + iv, block)
            error |= crypt(target + start, sector, source + start, sector)
        self._library.check(error, "crypt sectors")


class XtsContext(ChainedContext):
    """XTS, in which each call is one sector.

    Libgcrypt goes on to the next sector's vector by itself; here each call begins again from the vector
    that was set, as in every other backend.
    """

    __slots__ = ("_iv",)

    def __init__(self, library: Library, number: int, mode: CipherMode, block: int, key: Any) -> None:
        super().__init__(library, number, mode, block, key)
        self._iv = bytes(block)

    @override
    def set_iv(self, iv: bytes) -> None:
        self._iv = iv

    @override
    def encrypt_into(self, data: Buffer, out: Buffer) -> None:
        if len(_from_buffer(data)):  # which it refuses, as less than a block
            self._set_encrypt_iv(self._iv, self._block)
            super().encrypt_into(data, out)

    @override
    def decrypt_into(self, data: Buffer, out: Buffer) -> None:
        if len(_from_buffer(data)):  # which it refuses, as less than a block
            self._set_decrypt_iv(self._iv, self._block)
            super().decrypt_into(data, out)
