"""What libgcrypt has, under iochan's names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

from typing_extensions import Buffer, override

from iochan.crypto.backend import Backend, CipherContext, DigestContext
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, Kdf
from iochan_ext.gcrypt.cipher import MODES, ChainedContext, EcbContext, XtsContext
from iochan_ext.gcrypt.cmac import CmacContext
from iochan_ext.gcrypt.gcm import GcmContext
from iochan_ext.gcrypt.hash import HASHES, HashContext
from iochan_ext.gcrypt.kdf import SCRYPT, argon2id, argon2id_supported, pbkdf2, scrypt
from iochan_ext.gcrypt.library import Library, ffi

__all__ = ["GcryptBackend"]

_CIPHERS: Final = {
    CipherAlgorithm.DES3: 2,
    CipherAlgorithm.CAST5_128: 3,
    CipherAlgorithm.AES_128: 7,
    CipherAlgorithm.AES_192: 8,
    CipherAlgorithm.AES_256: 9,
    CipherAlgorithm.TWOFISH_256: 10,
    CipherAlgorithm.DES: 302,
    CipherAlgorithm.TWOFISH_128: 303,
    CipherAlgorithm.SERPENT_128: 304,
    CipherAlgorithm.SERPENT_192: 305,
    CipherAlgorithm.SERPENT_256: 306,
    CipherAlgorithm.CAMELLIA_128: 310,
    CipherAlgorithm.CAMELLIA_192: 311,
    CipherAlgorithm.CAMELLIA_256: 312,
    CipherAlgorithm.SM4: 318,
}
"""Libgcrypt's numbers; it has no Twofish with 192 bits."""


class GcryptBackend(Backend):
    """Libgcrypt; what it opens at run time is what it supports.

    Raises:
        BackendMissing: The library is not on this machine.
    """

    name = "libgcrypt"

    def __init__(self) -> None:
        self._library = Library()
        self._ciphers: dict[tuple[CipherAlgorithm, CipherMode], bool] = {}

    @property
    @override
    def version(self) -> str:
        return self._library.version

    @override
    def cipher_supports(self, algorithm: CipherAlgorithm, mode: CipherMode) -> bool:
        answer = self._ciphers.get((algorithm, mode))
        if answer is None:
            number = _CIPHERS.get(algorithm)
            answer = number is not None and self._library.has_cipher(number, MODES[mode])
            self._ciphers[algorithm, mode] = answer
        return answer

    @override
    def cipher(self, algorithm: CipherAlgorithm, mode: CipherMode, key: Buffer) -> CipherContext:
        number, secret = _CIPHERS[algorithm], ffi.from_buffer(key)
        if mode is CipherMode.ECB:
            return EcbContext(self._library, number, secret)
        if mode is CipherMode.GCM:
            return GcmContext(self._library, number, secret)
        context = XtsContext if mode is CipherMode.XTS else ChainedContext
        return context(self._library, number, mode, algorithm.block_length, secret)

    @override
    def hash_supports(self, algorithm: HashAlgorithm) -> bool:
        return self._library.has_hash(HASHES[algorithm])

    @override
    def hash(self, algorithm: HashAlgorithm) -> DigestContext:
        return HashContext(self._library, algorithm)

    @override
    def digester(self, algorithm: HashAlgorithm) -> Callable[[Buffer], bytes]:
        hash_buffer, number = self._library.lib.gcry_md_hash_buffer, HASHES[algorithm]

        def digest(data: Buffer) -> bytes:
            source = data if type(data) is bytes else ffi.from_buffer(data)
            room = bytearray(algorithm.digest_length)
            hash_buffer(number, ffi.from_buffer(room), source, len(source))
            return bytes(room)

        return digest

    @override
    def hmac_supports(self, algorithm: HashAlgorithm) -> bool:
        return self.hash_supports(algorithm)

    @override
    def hmac(self, algorithm: HashAlgorithm, key: Buffer) -> DigestContext:
        return HashContext(self._library, algorithm, ffi.from_buffer(key))

    @override
    def cmac_supports(self, algorithm: CipherAlgorithm) -> bool:
        return self.cipher_supports(algorithm, CipherMode.CBC)

    @override
    def cmac(self, algorithm: CipherAlgorithm, key: Buffer) -> DigestContext:
        secret = ffi.from_buffer(key)
        return CmacContext(self._library, _CIPHERS[algorithm], algorithm.block_length, secret)

    @override
    def kdf_supports(
        self, kdf: Kdf, algorithm: HashAlgorithm | None, *, key: bool = True, salt: bool = True, r: int = 8
    ) -> bool:
        match kdf:
            case Kdf.PBKDF2:
                return algorithm is not None and salt and self.hmac_supports(algorithm)
            case Kdf.SCRYPT:
                return algorithm is None and r in SCRYPT and self.hmac_supports(HashAlgorithm.SHA256)
            case Kdf.ARGON2ID:
                return algorithm is None and key and self._has_argon2id
            case Kdf.HKDF:
                return False

    @override
    def pbkdf2(
        self, algorithm: HashAlgorithm, key: Buffer, salt: Buffer, iterations: int, length: int
    ) -> bytes:
        return pbkdf2(self._library, HASHES[algorithm], key, salt, (iterations, length))

    @override
    def scrypt(self, key: Buffer, salt: Buffer, n: int, r: int, p: int, length: int) -> bytes:
        return scrypt(self._library, key, salt, (n, r, p), length)

    @override
    def argon2id(
        self, key: Buffer, salt: Buffer, iterations: int, lanes: int, memory: int, length: int
    ) -> bytes:
        return argon2id(self._library, key, salt, (iterations, memory, lanes), length)

    @cached_property
    def _has_argon2id(self) -> bool:
        return argon2id_supported(self._library)
