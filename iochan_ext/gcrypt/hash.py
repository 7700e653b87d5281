"""Hashes and HMAC of libgcrypt, which are one kind of handle."""

from __future__ import annotations

from typing import Any, Final, Self

from typing_extensions import Buffer, override

from iochan.crypto.backend import DigestContext
from iochan.crypto.names import HashAlgorithm
from iochan_ext.gcrypt.library import Library, ffi

__all__ = ["HASHES", "HashContext"]

HASHES: Final = {
    HashAlgorithm.MD5: 1,
    HashAlgorithm.SHA1: 2,
    HashAlgorithm.RIPEMD160: 3,
    HashAlgorithm.SHA256: 8,
    HashAlgorithm.SHA384: 9,
    HashAlgorithm.SHA512: 10,
    HashAlgorithm.SHA224: 11,
    HashAlgorithm.SHA3_224: 312,
    HashAlgorithm.SHA3_256: 313,
    HashAlgorithm.SHA3_384: 314,
    HashAlgorithm.SHA3_512: 315,
    HashAlgorithm.BLAKE2B: 318,
    HashAlgorithm.BLAKE2S: 322,
    HashAlgorithm.SM3: 326,
}
"""Libgcrypt's numbers."""

_HMAC: Final = 2
_from_buffer = ffi.from_buffer


class HashContext(DigestContext):
    """A message so far; with a *key*, of any length, under HMAC (RFC 2104)."""

    __slots__ = ("_algorithm", "_handle", "_library", "_write")

    def __init__(self, library: Library, algorithm: HashAlgorithm, key: Any = None) -> None:
        place = ffi.new("void **")
        flags = 0 if key is None else _HMAC
        library.check(library.lib.gcry_md_open(place, HASHES[algorithm], flags), "open a hash")
        self._start(library, algorithm, place[0])
        if key is not None:
            library.check(library.lib.gcry_md_setkey(self._handle, key, len(key)), "set a key")

    @override
    def update(self, data: Buffer) -> None:
        source = data if type(data) is bytes else _from_buffer(data)
        self._write(self._handle, source, len(source))

    @override
    def digest(self) -> bytes:
        # Reading ends the message, so that a copy ends.
        copy = self.copy()
        digest = self._library.lib.gcry_md_read(copy._handle, HASHES[self._algorithm])  # noqa: SLF001 - our own
        return bytes(ffi.buffer(digest, self._algorithm.digest_length))

    @override
    def copy(self) -> Self:
        place = ffi.new("void **")
        self._library.check(self._library.lib.gcry_md_copy(place, self._handle), "copy a hash")
        other = object.__new__(type(self))
        other._start(self._library, self._algorithm, place[0])
        return other

    def _start(self, library: Library, algorithm: HashAlgorithm, handle: Any) -> None:
        self._library, self._algorithm, self._write = library, algorithm, library.lib.gcry_md_write
        self._handle = ffi.gc(handle, library.lib.gcry_md_close)
