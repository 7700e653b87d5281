"""The backend over ``cryptography``, which has OpenSSL inside."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import cryptography
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers import algorithms as decrepit
from cryptography.hazmat.primitives import cmac, hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from typing_extensions import Buffer, override

from iochan.core.buffers import Flat
from iochan.core.errors import CryptoError
from iochan.crypto.backend import AeadContext, Backend, CipherContext, DigestContext
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, Kdf

__all__ = ["CryptographyBackend"]

_BLOCKS: dict[CipherAlgorithm, Any] = {
    CipherAlgorithm.AES_128: algorithms.AES,
    CipherAlgorithm.AES_192: algorithms.AES,
    CipherAlgorithm.AES_256: algorithms.AES,
    CipherAlgorithm.CAMELLIA_128: decrepit.Camellia,
    CipherAlgorithm.CAMELLIA_192: decrepit.Camellia,
    CipherAlgorithm.CAMELLIA_256: decrepit.Camellia,
    CipherAlgorithm.CAST5_128: decrepit.CAST5,
    # Single DES is triple DES with one key three times.
    CipherAlgorithm.DES: lambda key: decrepit.TripleDES(key * 3),
    CipherAlgorithm.DES3: decrepit.TripleDES,
    CipherAlgorithm.SM4: algorithms.SM4,
}
_HASHES: dict[HashAlgorithm, Any] = {
    HashAlgorithm.MD5: hashes.MD5,
    HashAlgorithm.SHA1: hashes.SHA1,
    HashAlgorithm.SHA224: hashes.SHA224,
    HashAlgorithm.SHA256: hashes.SHA256,
    HashAlgorithm.SHA384: hashes.SHA384,
    HashAlgorithm.SHA512: hashes.SHA512,
    HashAlgorithm.SHA3_224: hashes.SHA3_224,
    HashAlgorithm.SHA3_256: hashes.SHA3_256,
    HashAlgorithm.SHA3_384: hashes.SHA3_384,
    HashAlgorithm.SHA3_512: hashes.SHA3_512,
    HashAlgorithm.SM3: hashes.SM3,
    HashAlgorithm.BLAKE2B: lambda: hashes.BLAKE2b(64),
    HashAlgorithm.BLAKE2S: lambda: hashes.BLAKE2s(32),
}
_BLOCK = 16
_COPIED = 8192
"""Up to so many bytes, one call and a copy is quicker than two calls."""


_MODES: dict[CipherMode, Callable[[bytes], Any]] = {
    CipherMode.CBC: modes.CBC,
    CipherMode.CTR: modes.CTR,
    CipherMode.ECB: lambda _iv: modes.ECB(),  # noqa: S305 - asked for by name
}


class _Stream(CipherContext):
    """CTR: a context for each direction, made when it is first used and kept."""

    __slots__ = ("_block", "_decryptor", "_encryptor", "_iv", "_key", "_mode")

    def __init__(self, algorithm: CipherAlgorithm, mode: CipherMode, key: bytes) -> None:
        self._key = _BLOCKS[algorithm](key)
        self._block = algorithm.block_length
        self._mode = _MODES[mode]
        self._iv = bytes(self._block)
        self._encryptor: Any = None
        self._decryptor: Any = None

    @override
    def set_iv(self, iv: bytes) -> None:
        self._iv = iv
        self._encryptor = self._decryptor = None

    def encryptor(self) -> Any:  # noqa: ANN401 - cryptography's own
        """Make the context that encrypts, and keep it."""
        self._encryptor = Cipher(self._key, self._mode(self._iv)).encryptor()
        return self._encryptor

    def decryptor(self) -> Any:  # noqa: ANN401
        """Make the context that decrypts, and keep it."""
        self._decryptor = Cipher(self._key, self._mode(self._iv)).decryptor()
        return self._decryptor

    @override
    def encrypt(self, data: Flat) -> bytes:
        result: bytes = (self._encryptor or self.encryptor()).update(data)
        return result

    @override
    def decrypt(self, data: Flat) -> bytes:
        result: bytes = (self._decryptor or self.decryptor()).update(data)
        return result

    @override
    def encrypt_into(self, data: Flat, out: Flat) -> None:
        (self._encryptor or self.encryptor()).update_into(data, out)

    @override
    def decrypt_into(self, data: Flat, out: Flat) -> None:
        (self._decryptor or self.decryptor()).update_into(data, out)


class _Blocks(_Stream):
    """ECB and CBC, in which cryptography wants room for a block more than it fills."""

    __slots__ = ()

    @override
    def encrypt_into(self, data: Flat, out: Flat) -> None:
        _fill(self._encryptor or self.encryptor(), data, out, self._block)

    @override
    def decrypt_into(self, data: Flat, out: Flat) -> None:
        _fill(self._decryptor or self.decryptor(), data, out, self._block)


def _fill(context: Any, data: Flat, out: Flat, block: int) -> None:  # noqa: ANN401
    size = len(data)
    if size <= _COPIED:
        out[:] = context.update(data)  # type: ignore[index] # read-only room is the caller's TypeError
        return
    source, target = memoryview(data), memoryview(out)
    cut = size - block
    last = bytes(source[cut:])  # the two may be the same memory
    context.update_into(source[:cut], target)
    target[cut:] = context.update(last)


class _Xts(CipherContext):
    """XTS: each call is a sector that starts at the vector; the library makes a new context for each."""

    __slots__ = ("_iv", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.AES(key)
        self._iv = bytes(16)

    @override
    def set_iv(self, iv: bytes) -> None:
        self._iv = iv

    @override
    def encrypt(self, data: Flat) -> bytes:
        return Cipher(self._key, modes.XTS(self._iv)).encryptor().update(data)

    @override
    def decrypt(self, data: Flat) -> bytes:
        return Cipher(self._key, modes.XTS(self._iv)).decryptor().update(data)

    @override
    def encrypt_into(self, data: Flat, out: Flat) -> None:
        Cipher(self._key, modes.XTS(self._iv)).encryptor().update_into(data, out)

    @override
    def decrypt_into(self, data: Flat, out: Flat) -> None:
        Cipher(self._key, modes.XTS(self._iv)).decryptor().update_into(data, out)


class _Gcm(AeadContext):
    """GCM: a context for each message and direction, made when it is first used."""

    __slots__ = ("_associated", "_decryptor", "_encryptor", "_key", "_nonce")

    def __init__(self, algorithm: CipherAlgorithm, key: bytes) -> None:
        self._key = _BLOCKS[algorithm](key)
        self.set_iv(bytes(12))

    @override
    def set_iv(self, iv: bytes) -> None:
        self._nonce = iv
        self._associated = b""
        self._encryptor: Any = None
        self._decryptor: Any = None

    @override
    def authenticate(self, data: Flat) -> None:
        if self._encryptor is not None or self._decryptor is not None:
            message = "the message has begun already: set a new nonce first"
            raise CryptoError(message)
        self._associated += bytes(data)

    @override
    def encrypt_into(self, data: Flat, out: Flat) -> None:
        self._sealer().update_into(data, out)

    @override
    def decrypt_into(self, data: Flat, out: Flat) -> None:
        self._opener().update_into(data, out)

    @override
    def tag(self) -> bytes:
        if self._encryptor is None and self._decryptor is not None:
            message = "the message was decrypted and not encrypted: verify its tag"
            raise CryptoError(message)
        sealer = self._sealer()
        sealer.finalize()
        tag: bytes = sealer.tag
        return tag

    @override
    def verify(self, tag: bytes) -> bool:
        try:
            self._opener().finalize_with_tag(tag)
        except InvalidTag:
            return False
        return True

    def _sealer(self) -> Any:  # noqa: ANN401
        if self._encryptor is None:
            self._encryptor = Cipher(self._key, modes.GCM(self._nonce)).encryptor()
            self._encryptor.authenticate_additional_data(self._associated)
        return self._encryptor

    def _opener(self) -> Any:  # noqa: ANN401
        if self._decryptor is None:
            self._decryptor = Cipher(self._key, modes.GCM(self._nonce)).decryptor()
            self._decryptor.authenticate_additional_data(self._associated)
        return self._decryptor


class _Digest(DigestContext):
    """A hash, an HMAC or a CMAC."""

    __slots__ = ("_context",)

    def __init__(self, context: Any) -> None:  # noqa: ANN401
        self._context = context

    @override
    def update(self, data: Buffer) -> None:
        self._context.update(data)

    @override
    def digest(self) -> bytes:
        result: bytes = self._context.copy().finalize()
        return result

    @override
    def copy(self) -> _Digest:
        return _Digest(self._context.copy())


class CryptographyBackend(Backend):
    """What ``cryptography`` has."""

    name = "cryptography"

    @property
    @override
    def version(self) -> str:
        return cryptography.__version__

    @override
    def cipher_supports(self, algorithm: CipherAlgorithm, mode: CipherMode) -> bool:
        return _works(algorithm, mode)

    @override
    def cipher(self, algorithm: CipherAlgorithm, mode: CipherMode, key: Buffer) -> CipherContext:
        secret = bytes(key)
        if mode is CipherMode.XTS:
            return _Xts(secret)
        if mode is CipherMode.GCM:
            return _Gcm(algorithm, secret)
        return (_Stream if mode is CipherMode.CTR else _Blocks)(algorithm, mode, secret)

    @override
    def hash_supports(self, algorithm: HashAlgorithm) -> bool:
        return _hashes(algorithm)

    @override
    def hash(self, algorithm: HashAlgorithm) -> DigestContext:
        return _Digest(hashes.Hash(_HASHES[algorithm]()))

    @override
    def hmac_supports(self, algorithm: HashAlgorithm) -> bool:
        return _hashes(algorithm)

    @override
    def hmac(self, algorithm: HashAlgorithm, key: Buffer) -> DigestContext:
        return _Digest(hmac.HMAC(bytes(key), _HASHES[algorithm]()))

    @override
    def cmac_supports(self, algorithm: CipherAlgorithm) -> bool:
        return _macs(algorithm)

    @override
    def cmac(self, algorithm: CipherAlgorithm, key: Buffer) -> DigestContext:
        return _Digest(cmac.CMAC(_BLOCKS[algorithm](bytes(key))))

    @override
    def kdf_supports(
        self, kdf: Kdf, algorithm: HashAlgorithm | None, *, key: bool = True, salt: bool = True, r: int = 8
    ) -> bool:
        if kdf in {Kdf.PBKDF2, Kdf.HKDF}:
            return algorithm is not None and _hashes(algorithm)
        return True

    @override
    def pbkdf2(
        self, algorithm: HashAlgorithm, key: Buffer, salt: Buffer, iterations: int, length: int
    ) -> bytes:
        return PBKDF2HMAC(_HASHES[algorithm](), length, bytes(salt), iterations).derive(bytes(key))

    @override
    def scrypt(self, key: Buffer, salt: Buffer, n: int, r: int, p: int, length: int) -> bytes:
        return Scrypt(bytes(salt), length, n, r, p).derive(bytes(key))

    @override
    def argon2id(
        self, key: Buffer, salt: Buffer, iterations: int, lanes: int, memory: int, length: int
    ) -> bytes:
        kdf = Argon2id(
            salt=bytes(salt), length=length, iterations=iterations, lanes=lanes, memory_cost=memory
        )
        return kdf.derive(bytes(key))

    @override
    def hkdf(self, algorithm: HashAlgorithm, key: Buffer, salt: Buffer, info: Buffer, length: int) -> bytes:
        return HKDF(_HASHES[algorithm](), length, bytes(salt), bytes(info)).derive(bytes(key))


@cache
def _works(algorithm: CipherAlgorithm, mode: CipherMode) -> bool:
    """Try it: what this OpenSSL was built with, and what its providers allow, is known to itself only."""
    if algorithm not in _BLOCKS:
        return False
    if mode is CipherMode.XTS:
        if algorithm not in {CipherAlgorithm.AES_128, CipherAlgorithm.AES_256}:
            return False
        context: CipherContext = _Xts(bytes(range(2 * algorithm.key_length)))
    elif mode is CipherMode.GCM:
        if algorithm.block_length != _BLOCK:
            return False
        context = _Gcm(algorithm, bytes(range(algorithm.key_length)))
    else:
        context = _Stream(algorithm, mode, bytes(range(algorithm.key_length)))
    try:
        context.encrypt(bytes(16))
    except UnsupportedAlgorithm:
        return False
    return True


@cache
def _hashes(algorithm: HashAlgorithm) -> bool:
    if algorithm not in _HASHES:
        return False
    try:
        hashes.Hash(_HASHES[algorithm]())
    except UnsupportedAlgorithm:
        return False
    return True


@cache
def _macs(algorithm: CipherAlgorithm) -> bool:
    if algorithm not in _BLOCKS:
        return False
    try:
        cmac.CMAC(_BLOCKS[algorithm](bytes(range(algorithm.key_length))))
    except UnsupportedAlgorithm:
        return False
    return True
