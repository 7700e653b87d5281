"""Block ciphers of nettle in the modes ECB, CBC, CTR and XTS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from typing_extensions import Buffer, override

from iochan.crypto.backend import CipherContext
from iochan.crypto.names import CipherMode
from iochan_ext.nettle.library import Library, ffi
from iochan_ext.secretmemory import secret_memory

__all__ = ["ChainedContext", "EcbContext", "schedule"]

_from_buffer = ffi.from_buffer
_BYTES = ffi.typeof("uint8_t[]")


def schedule(cipher: Any, key: Any, *, decrypt: bool = False) -> Any:
    """Return the context of nettle's table entry *cipher* with *key* set in it."""
    context = secret_memory(cipher.context_size)
    (cipher.set_decrypt_key if decrypt else cipher.set_encrypt_key)(context, key)
    return context


class EcbContext(CipherContext):
    """Each block for itself."""

    __slots__ = ("_decrypt", "_encrypt")

    def __init__(self, cipher: Any, key: Any) -> None:
        self._encrypt = partial(cipher.encrypt, schedule(cipher, key))
        self._decrypt = partial(cipher.decrypt, schedule(cipher, key, decrypt=True))

    @override
    def set_iv(self, iv: bytes) -> None:
        raise AssertionError("ECB has no vector")

    @override
    def encrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        self._encrypt(len(target), target, _from_buffer(data))

    @override
    def decrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        self._decrypt(len(target), target, _from_buffer(data))


class ChainedContext(CipherContext):
    """A mode with a vector, which nettle moves on in place in CBC and CTR, and only reads in XTS.

    In XTS, each call is one sector (IEEE 1619), which begins again from the vector that was set. Walking
    sectors leaves the vectors of the context as they are.
    """

    __slots__ = ("_block", "_decrypt", "_decrypt_iv", "_encrypt", "_encrypt_iv", "_ivs")

    def __init__(self, library: Library, cipher: Any, mode: CipherMode, key: Any) -> None:
        self._block: int = cipher.block_size
        self._ivs = secret_memory(2 * self._block)
        self._encrypt_iv = self._ivs + 0
        self._decrypt_iv = self._ivs + self._block
        make = {CipherMode.CBC: _cbc, CipherMode.CTR: _ctr, CipherMode.XTS: _xts}[mode]
        self._encrypt, self._decrypt = make(library, cipher, key)

    @override
    def set_iv(self, iv: bytes) -> None:
        ffi.memmove(self._ivs, iv + iv, 2 * self._block)

    @override
    def encrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        if length := len(target):
            self._encrypt(
                self._encrypt_iv, length, target, data if type(data) is bytes else _from_buffer(data)
            )

    @override
    def decrypt_into(self, data: Buffer, out: Buffer) -> None:
        target = _from_buffer(_BYTES, out, True)
        if length := len(target):
            self._decrypt(
                self._decrypt_iv, length, target, data if type(data) is bytes else _from_buffer(data)
            )

    @override
    def encrypt_sectors_into(self, data: Buffer, out: Buffer, ivs: Buffer, sector: int) -> None:
        self._each_sector(self._encrypt, data, out, ivs, sector)

    @override
    def decrypt_sectors_into(self, data: Buffer, out: Buffer, ivs: Buffer, sector: int) -> None:
        self._each_sector(self._decrypt, data, out, ivs, sector)

    def _each_sector(
        self, crypt: Callable[..., None], data: Buffer, out: Buffer, ivs: Buffer, sector: int
    ) -> None:
        source, target = _from_buffer(_BYTES, data), _from_buffer(_BYTES, out, True)
        # A copy, whose vectors may be moved on in place: one call a sector, and no other.
        vectors = _from_buffer(_BYTES, bytearray(ivs))
        starts = range(0, len(target), sector)
        for start, iv in zip(starts, range(0, len(vectors), self._block), strict=True):
            crypt(vectors + iv, sector, target + start, source + start)


_Directions = tuple[Callable[..., None], Callable[..., None]]
"""Functions of ``(iv, length, target, source)`` that encrypt and decrypt."""


def _cbc(library: Library, cipher: Any, key: Any) -> _Directions:
    lib, block = library.lib, cipher.block_size
    encrypting, decrypting = schedule(cipher, key), schedule(cipher, key, decrypt=True)
    decrypt = partial(lib.nettle_cbc_decrypt, decrypting, cipher.decrypt, block)
    name = f"nettle_cbc_{ffi.string(cipher.name).decode()}_encrypt" if cipher.name else ""
    if name and library.has(name):  # what takes no call a block
        return partial(getattr(lib, name), encrypting), decrypt
    return partial(lib.nettle_cbc_encrypt, encrypting, cipher.encrypt, block), decrypt


def _ctr(library: Library, cipher: Any, key: Any) -> _Directions:
    crypt = partial(library.lib.nettle_ctr_crypt, schedule(cipher, key), cipher.encrypt, cipher.block_size)
    return crypt, crypt


def _xts(library: Library, cipher: Any, key: Any) -> _Directions:
    lib, half = library.lib, len(key) // 2
    tweak = schedule(cipher, key + half)
    encrypt = partial(lib.nettle_xts_encrypt_message, schedule(cipher, key), tweak, cipher.encrypt)
    decrypting = schedule(cipher, key, decrypt=True)
    decrypt = partial(lib.nettle_xts_decrypt_message, decrypting, tweak, cipher.decrypt, cipher.encrypt)
    return encrypt, decrypt
