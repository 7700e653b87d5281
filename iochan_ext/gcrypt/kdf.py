"""Key derivation by libgcrypt: PBKDF2, scrypt and Argon2id."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import Buffer

from iochan_ext.gcrypt.library import Library, ffi
from iochan_ext.secretmemory import secret_memory

__all__ = ["SCRYPT", "argon2id", "argon2id_supported", "pbkdf2", "scrypt"]

_PBKDF2: Final = 34
SCRYPT: Final = {1: 41, 8: 48}
"""Numbers by r, of which libgcrypt knows two."""
_ARGON2: Final = 64
_ARGON2ID: Final = 2


def pbkdf2(library: Library, number: int, key: Buffer, salt: Buffer, numbers: tuple[int, int]) -> bytes:
    """Return bytes derived over the hash *number*; *numbers* are the iterations and the length."""
    return _derive(library, (_PBKDF2, number), key, salt, numbers)


def scrypt(library: Library, key: Buffer, salt: Buffer, costs: tuple[int, int, int], length: int) -> bytes:
    """Return *length* bytes; *costs* are N, r and p."""
    n, r, p = costs
    return _derive(library, (SCRYPT[r], n), key, salt, (p, length))


def argon2id_supported(library: Library) -> bool:
    """Tell whether this libgcrypt, from 1.10 on, has Argon2id."""
    if not hasattr(library.lib, "gcry_kdf_open"):
        return False
    handle, error = _open_argon2id(library, b"password", b"saltsalt", (16, 1, 8, 1))
    return handle is not None and not error


def argon2id(library: Library, key: Buffer, salt: Buffer, costs: tuple[int, int, int], length: int) -> bytes:
    """Return *length* bytes; *costs* are the iterations, the KiB of memory and the lanes."""
    handle, error = _open_argon2id(library, key, salt, (length, *costs))
    library.check(error, "open argon2id")
    library.check(library.lib.gcry_kdf_compute(handle, ffi.NULL), "derive by argon2id")
    derived = secret_memory(length)
    library.check(library.lib.gcry_kdf_final(handle, length, derived), "end argon2id")
    return bytes(ffi.buffer(derived, length))


def _derive(
    library: Library, kdf: tuple[int, int], key: Buffer, salt: Buffer, numbers: tuple[int, int]
) -> bytes:
    iterations, length = numbers
    if not length:
        return b""
    secret, salted, derived = ffi.from_buffer(key), ffi.from_buffer(salt), secret_memory(length)
    error = library.lib.gcry_kdf_derive(
        secret, len(secret), *kdf, salted, len(salted), iterations, length, derived
    )
    library.check(error, "derive a key")
    return bytes(ffi.buffer(derived, length))


def _open_argon2id(library: Library, key: Buffer, salt: Buffer, numbers: tuple[int, ...]) -> tuple[Any, int]:
    """Return a handle, or None, and an error; libgcrypt keeps copies of the key and the salt."""
    lib, place = library.lib, ffi.new("void **")
    secret, salted = ffi.from_buffer(key), ffi.from_buffer(salt)
    parameters = ffi.new("unsigned long[]", numbers)
    error = lib.gcry_kdf_open(
        place, _ARGON2, _ARGON2ID, parameters, len(numbers), secret, len(secret), salted, len(salted),
        ffi.NULL, 0, ffi.NULL, 0,
    )  # fmt: skip
    return (None if error else ffi.gc(place[0], lib.gcry_kdf_close)), error
