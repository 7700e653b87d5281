"""The backend over ``hashlib`` and ``hmac``: hashes and key derivation, no ciphers."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any

from typing_extensions import Buffer, override

from iochan.crypto.backend import Backend, DigestContext
from iochan.crypto.names import HashAlgorithm, Kdf

__all__ = ["HashlibBackend"]

_SCRYPT_MEMORY = 1 << 30
"""OpenSSL's own limit of 32 MiB refuses what RFC 7914 recommends."""


def _name(algorithm: HashAlgorithm) -> str:
    return algorithm.value.replace("-", "_")


class _Digest(DigestContext):
    """A hash or an HMAC."""

    __slots__ = ("_context",)

    def __init__(self, context: Any) -> None:  # noqa: ANN401 - hashlib's own
        self._context = context

    @override
    def update(self, data: Buffer) -> None:
        self._context.update(data)

    @override
    def digest(self) -> bytes:
        result: bytes = self._context.digest()
        return result

    @override
    def copy(self) -> _Digest:
        return _Digest(self._context.copy())


class HashlibBackend(Backend):
    """What Python's own library has, which is what its OpenSSL allows."""

    name = "hashlib"

    @property
    @override
    def version(self) -> str:
        return ssl.OPENSSL_VERSION

    @override
    def hash_supports(self, algorithm: HashAlgorithm) -> bool:
        return _works(algorithm)

    @override
    def hash(self, algorithm: HashAlgorithm) -> DigestContext:
        return _Digest(_maker(algorithm)())

    @override
    def digester(self, algorithm: HashAlgorithm) -> Callable[[Buffer], bytes]:
        make = _maker(algorithm)
        return lambda data: make(data).digest()

    @override
    def hmac_supports(self, algorithm: HashAlgorithm) -> bool:
        return _works(algorithm)

    @override
    def hmac(self, algorithm: HashAlgorithm, key: Buffer) -> DigestContext:
        return _Digest(hmac.new(bytes(key), None, _name(algorithm)))

    @override
    def kdf_supports(
        self, kdf: Kdf, algorithm: HashAlgorithm | None, *, key: bool = True, salt: bool = True, r: int = 8
    ) -> bool:
        if kdf is Kdf.PBKDF2:
            return algorithm is not None and _works(algorithm)
        return kdf is Kdf.SCRYPT and hasattr(hashlib, "scrypt")

    @override
    def pbkdf2(
        self, algorithm: HashAlgorithm, key: Buffer, salt: Buffer, iterations: int, length: int
    ) -> bytes:
        return hashlib.pbkdf2_hmac(_name(algorithm), key, salt, iterations, length)

    @override
    def scrypt(self, key: Buffer, salt: Buffer, n: int, r: int, p: int, length: int) -> bytes:
        return hashlib.scrypt(
            bytes(key), salt=bytes(salt), n=n, r=r, p=p, dklen=length, maxmem=_SCRYPT_MEMORY
        )


@cache
def _maker(algorithm: HashAlgorithm) -> Callable[..., Any]:
    """Return the quickest constructor; those of a few algorithms have no function of their own."""
    name = _name(algorithm)
    constructor: Callable[..., Any] | None = getattr(hashlib, name, None)
    return constructor or (lambda data=b"": hashlib.new(name, data))


@cache
def _works(algorithm: HashAlgorithm) -> bool:
    """Try it: what OpenSSL's providers allow is known to itself only."""
    try:
        hashlib.new(_name(algorithm))
        hmac.new(b"", None, _name(algorithm))
    except ValueError:
        return False
    return True
