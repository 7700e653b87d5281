"""Key derivation by nettle: PBKDF2 and HKDF over its HMAC."""

from __future__ import annotations

from typing import Any

from typing_extensions import Buffer

from iochan_ext.nettle.library import ffi, secret_memory
from iochan_ext.nettle.mac import hmac_memory

__all__ = ["hkdf", "pbkdf2"]


def pbkdf2(  # noqa: PLR0913 - what RFC 8018, section 5.2 asks for
    lib: Any, hash_: Any, mac: Any, key: Buffer, salt: Buffer, iterations: int, length: int
) -> bytes:
    """Return *length* bytes; *mac* is nettle's entry for HMAC over *hash_*."""
    keyed, salted = hmac_memory(lib, hash_, ffi.from_buffer(key)), ffi.from_buffer(salt)
    derived = secret_memory(length)
    lib.nettle_pbkdf2(
        keyed, mac.update, mac.digest, mac.digest_size, iterations, len(salted), salted, length, derived
    )
    return bytes(ffi.buffer(derived, length))


def hkdf(  # noqa: PLR0913 - what RFC 5869 asks for
    lib: Any, hash_: Any, mac: Any, key: Buffer, salt: Buffer, info: Buffer, length: int
) -> bytes:
    """Return *length* bytes, at most 255 digests; *mac* is nettle's entry for HMAC over *hash_*."""
    secret, context, size = ffi.from_buffer(key), ffi.from_buffer(info), mac.digest_size
    extracted, derived = secret_memory(size), secret_memory(length)
    salted = hmac_memory(lib, hash_, ffi.from_buffer(salt))
    lib.nettle_hkdf_extract(salted, mac.update, mac.digest, size, len(secret), secret, extracted)
    keyed = hmac_memory(lib, hash_, ffi.buffer(extracted, size)[:])
    lib.nettle_hkdf_expand(keyed, mac.update, mac.digest, size, len(context), context, length, derived)
    return bytes(ffi.buffer(derived, length))
