"""Key derivation by nettle: PBKDF2 and HKDF over its HMAC."""

from __future__ import annotations

from typing import Any

from typing_extensions import Buffer

from iochan_ext.nettle.library import ffi
from iochan_ext.nettle.mac import hmac_memory
from iochan_ext.secretmemory import secret_memory

__all__ = ["Derivation"]


class Derivation:
    """Keys from HMAC over *hash_*; *mac* is nettle's own entry for it."""

    __slots__ = ("_hash", "_lib", "_mac")

    def __init__(self, lib: Any, hash_: Any, mac: Any) -> None:
        self._lib, self._hash, self._mac = lib, hash_, (mac.update, mac.digest, mac.digest_size)

    def pbkdf2(self, key: Buffer, salt: Buffer, iterations: int, length: int) -> bytes:
        """Return *length* bytes (RFC 8018, section 5.2)."""
        secret, salted, derived = ffi.from_buffer(key), ffi.from_buffer(salt), secret_memory(length)
        keyed = hmac_memory(self._lib, self._hash, secret, len(secret))
        self._lib.nettle_pbkdf2(keyed, *self._mac, iterations, len(salted), salted, length, derived)
        return bytes(ffi.buffer(derived, length))

    def hkdf(self, key: Buffer, salt: Buffer, info: Buffer, length: int) -> bytes:
        """Return *length* bytes, at most 255 digests (RFC 5869)."""
        lib, size = self._lib, self._hash.digest_size
        secret, salted, context = ffi.from_buffer(key), ffi.from_buffer(salt), ffi.from_buffer(info)
        extracted, derived = secret_memory(size), secret_memory(length)
        keyed = hmac_memory(lib, self._hash, salted, len(salted))
        lib.nettle_hkdf_extract(keyed, *self._mac, len(secret), secret, extracted)
        keyed = hmac_memory(lib, self._hash, extracted, size)
        lib.nettle_hkdf_expand(keyed, *self._mac, len(context), context, length, derived)
        return bytes(ffi.buffer(derived, length))
