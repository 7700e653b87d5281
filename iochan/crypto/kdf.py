"""Keys made of passwords and of other keys."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from typing_extensions import Buffer

from iochan.core.errors import CryptoError
from iochan.crypto.backend import Backend
from iochan.crypto.choice import choose, is_there, remembered
from iochan.crypto.errors import LengthError
from iochan.crypto.names import HashAlgorithm, Kdf, named

__all__ = [
    "argon2id",
    "hkdf",
    "kdf_supports",
    "pbkdf2",
    "pbkdf2_count_iterations",
    "scrypt",
]

_QUICKEST: Final = ("cryptography", "nettle", "libgcrypt", "hashlib")
_FIRST_ROUND: Final = 1 << 15
_TOO_QUICK, _LONG_ENOUGH = 0.1, 0.5
_MOST_ITERATIONS: Final = (1 << 31) - 1
_MAX_LENGTH: Final = 1 << 20
_MAX_UINT32: Final = (1 << 32) - 1
_MAX_LANES: Final = (1 << 24) - 1


def kdf_supports(kdf: str, algorithm: str | None = None, backend: Backend | str | None = None) -> bool:
    """Tell whether *kdf* works over the hash *algorithm*, by *backend* or by any that is here."""
    over = None if algorithm is None else named(HashAlgorithm, algorithm)
    return is_there(_choose, named(Kdf, kdf), over, backend)


@remembered
def _choose(
    kdf: Kdf,
    algorithm: HashAlgorithm | None,
    backend: Backend | str | None,
    *,
    key: bool = True,
    salt: bool = True,
    r: int = 8,
) -> Backend:
    what = kdf.value if algorithm is None else f"{kdf}-{algorithm}"
    what += "" if key else " without a password"
    what += "" if salt else " without a salt"
    what += f" with r={r}" if kdf is Kdf.SCRYPT else ""

    def supports(candidate: Backend) -> bool:
        return candidate.kdf_supports(kdf, algorithm, key=key, salt=salt, r=r)

    return choose(what, supports, _QUICKEST, backend)


def _filled(data: Buffer) -> bool:
    return memoryview(data).nbytes > 0


def pbkdf2(
    algorithm: str,
    password: Buffer,
    salt: Buffer,
    iterations: int,
    length: int,
    backend: Backend | str | None = None,
) -> bytes:
    """Return *length* bytes derived from *password* (RFC 8018, section 5.2).

    Raises:
        UnknownAlgorithm: The hash's name is unknown.
        LengthError: *length* is not between 1 and 1 MiB.
        CryptoError: *iterations* is not between 1 and 2**31 - 1.
    """
    chosen = named(HashAlgorithm, algorithm)
    if not 0 < iterations <= _MOST_ITERATIONS:
        message = f"{iterations} iterations of pbkdf2: there must be 1 to {_MOST_ITERATIONS}"
        raise CryptoError(message)
    _check_length(length)
    able = _choose(Kdf.PBKDF2, chosen, backend, key=_filled(password), salt=_filled(salt))
    return able.pbkdf2(chosen, password, salt, iterations, length)


def pbkdf2_count_iterations(
    algorithm: str, password: Buffer, salt: Buffer, length: int, backend: Backend | str | None = None
) -> int:
    """Return how many iterations of `pbkdf2` one second of this processor does (QEMU's method).

    It measures the time that its own thread gets, so that a busy machine does not make keys weaker, and takes
    about a second.
    """
    found: list[int | BaseException] = []

    def measure() -> None:
        try:
            found.append(_count(algorithm, password, salt, length, backend))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            found.append(error)

    worker = threading.Thread(target=measure, name="pbkdf2_count_iterations")
    worker.start()
    worker.join()
    result = found[0]
    if isinstance(result, BaseException):
        raise result
    return result


def _count(algorithm: str, password: Buffer, salt: Buffer, length: int, backend: Backend | str | None) -> int:
    iterations = _FIRST_ROUND
    while True:
        begun = time.thread_time()
        pbkdf2(algorithm, password, salt, iterations, length, backend)
        spent = time.thread_time() - begun
        if spent > _LONG_ENOUGH:
            return int(iterations / spent)
        more = iterations * 10 if spent < _TOO_QUICK else int(iterations / spent)
        if more > _MOST_ITERATIONS:
            message = f"the clock of this thread does not move: {iterations} iterations took {spent:g} s"
            raise CryptoError(message)
        iterations = more


def scrypt(  # noqa: PLR0913 - RFC 7914 has them
    password: Buffer,
    salt: Buffer,
    *,
    n: int = 1 << 17,
    r: int = 8,
    p: int = 1,
    length: int = 32,
    backend: Backend | str | None = None,
) -> bytes:
    """Return *length* bytes derived from *password* (RFC 7914); it takes ``128 * r * n`` bytes of memory.

    Raises:
        CryptoError: *n* is no power of two above 1, *r* and *p* are out of their range, or it is more than
            the backend takes.
        LengthError: *length* is not between 1 and 1 MiB.
    """
    if not 1 < n < 1 << 64 or n & (n - 1) or r < 1 or p < 1 or r * p >= 1 << 30:
        message = (
            f"scrypt with n={n}, r={r}, p={p}: n is a power of two above 1 and below 2**64, "
            "r and p are at least 1"
        )
        raise CryptoError(message)
    _check_length(length)
    chosen = _choose(Kdf.SCRYPT, None, backend, key=_filled(password), salt=_filled(salt), r=r)
    with _refusal(f"scrypt with n={n}, r={r}, p={p}"):
        return chosen.scrypt(password, salt, n, r, p, length)


def argon2id(  # noqa: PLR0913 - RFC 9106 has them
    password: Buffer,
    salt: Buffer,
    *,
    iterations: int = 3,
    lanes: int = 4,
    memory: int = 65536,
    length: int = 32,
    backend: Backend | str | None = None,
) -> bytes:
    """Return *length* bytes derived from *password* (RFC 9106); it takes *memory* KiB.

    Raises:
        CryptoError: *salt* has fewer than 8 bytes, a parameter is out of its range, or it is more than the
            backend takes.
        LengthError: *length* is not between 4 bytes and 1 MiB.
    """
    size = memoryview(salt).nbytes
    # A backend may cut a number to 32 bits, and then make a weak key.
    fit = 0 < iterations <= _MAX_UINT32 and 0 < lanes <= _MAX_LANES and 8 * lanes <= memory <= _MAX_UINT32
    if size < 8 or not fit:
        message = (
            f"argon2id with a salt of {size} bytes, iterations={iterations}, lanes={lanes}, memory={memory}: "
            "the salt has at least 8, the others at least 1, memory 8 KiB a lane, "
            "none more than RFC 9106 allows"
        )
        raise CryptoError(message)
    _check_length(length, least=4)
    chosen = _choose(Kdf.ARGON2ID, None, backend, key=_filled(password))
    with _refusal(f"argon2id with iterations={iterations}, lanes={lanes}, memory={memory}"):
        return chosen.argon2id(password, salt, iterations, lanes, memory, length)


def hkdf(
    algorithm: str,
    key: Buffer,
    *,
    salt: Buffer = b"",
    info: Buffer = b"",
    length: int = 32,
    backend: Backend | str | None = None,
) -> bytes:
    """Return *length* bytes derived from *key*, which is a key already and no password (RFC 5869).

    Raises:
        LengthError: *length* is not between 1 and 255 digests.
    """
    chosen = named(HashAlgorithm, algorithm)
    most = 255 * chosen.digest_length
    if not 0 < length <= most:
        raise LengthError("the key asked of hkdf", length, f"it must have 1 to {most}")
    able = _choose(Kdf.HKDF, chosen, backend, key=_filled(key), salt=_filled(salt))
    return able.hkdf(chosen, key, salt, info, length)


@contextmanager
def _refusal(what: str) -> Iterator[None]:
    """Have what a library refuses in its own way, for lack of memory most often, be a `CryptoError`."""
    try:
        yield
    except (MemoryError, OverflowError, ValueError) as error:
        if isinstance(error, CryptoError):
            raise
        message = f"{what}: refused ({error}); take less, or ask another backend"
        raise CryptoError(message) from error


def _check_length(length: int, least: int = 1) -> None:
    if not least <= length <= _MAX_LENGTH:
        raise LengthError("the key asked for", length, f"it must have {least} to {_MAX_LENGTH}")
