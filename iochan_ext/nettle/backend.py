"""What libnettle has, under iochan's names."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import Buffer, override

from iochan.crypto.backend import Backend, CipherContext, DigestContext
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, Kdf
from iochan_ext.nettle.cipher import ChainedContext, EcbContext
from iochan_ext.nettle.gcm import GcmContext
from iochan_ext.nettle.hash import HashContext
from iochan_ext.nettle.kdf import Derivation
from iochan_ext.nettle.library import Library, ffi
from iochan_ext.nettle.mac import CmacContext, HmacContext

__all__ = ["NettleBackend"]

_CIPHERS: Final = {CipherAlgorithm.DES3: "des3", CipherAlgorithm.CAST5_128: "cast128"}
"""Nettle's names, where they are not ours without the hyphen."""

_XTS_BLOCK: Final = 16


class NettleBackend(Backend):
    """Libnettle; what its tables list at run time is what it supports.

    Raises:
        BackendMissing: The library is not on this machine.
    """

    name = "nettle"

    def __init__(self) -> None:
        self._library = Library()

    @property
    @override
    def version(self) -> str:
        return self._library.version

    @override
    def cipher_supports(self, algorithm: CipherAlgorithm, mode: CipherMode) -> bool:
        known = _cipher_name(algorithm) in self._library.ciphers
        if mode is CipherMode.XTS:
            has_mode = self._library.has("nettle_xts_encrypt_message", "nettle_xts_decrypt_message")
            return known and has_mode and algorithm.block_length == _XTS_BLOCK
        return known and (mode is not CipherMode.GCM or algorithm.block_length == _XTS_BLOCK)

    @override
    def cipher(self, algorithm: CipherAlgorithm, mode: CipherMode, key: Buffer) -> CipherContext:
        cipher, secret = self._cipher(algorithm), ffi.from_buffer("uint8_t[]", key)
        if mode is CipherMode.GCM:
            return GcmContext(self._library, cipher, secret)
        if mode is CipherMode.ECB:
            return EcbContext(cipher, secret)
        return ChainedContext(self._library, cipher, mode, secret)

    @override
    def hash_supports(self, algorithm: HashAlgorithm) -> bool:
        return _hash_name(algorithm) in self._library.hashes

    @override
    def hash(self, algorithm: HashAlgorithm) -> DigestContext:
        return HashContext(self._hash(algorithm))

    @override
    def hmac_supports(self, algorithm: HashAlgorithm) -> bool:
        return self.hash_supports(algorithm)

    @override
    def hmac(self, algorithm: HashAlgorithm, key: Buffer) -> DigestContext:
        return HmacContext(self._library.lib, self._hash(algorithm), ffi.from_buffer(key))

    @override
    def cmac_supports(self, algorithm: CipherAlgorithm) -> bool:
        known = _cipher_name(algorithm) in self._library.ciphers
        return known and self._library.has(f"nettle_cmac{8 * algorithm.block_length}_set_key")

    @override
    def cmac(self, algorithm: CipherAlgorithm, key: Buffer) -> DigestContext:
        return CmacContext(self._library.lib, self._cipher(algorithm), ffi.from_buffer(key))

    @override
    def kdf_supports(
        self, kdf: Kdf, algorithm: HashAlgorithm | None, *, key: bool = True, salt: bool = True, r: int = 8
    ) -> bool:
        # Both ask for the MAC's own functions, which nettle has for fewer hashes than HMAC itself.
        return (
            kdf in {Kdf.PBKDF2, Kdf.HKDF}
            and algorithm is not None
            and f"hmac_{_hash_name(algorithm)}" in self._library.macs
        )

    @override
    def pbkdf2(
        self, algorithm: HashAlgorithm, key: Buffer, salt: Buffer, iterations: int, length: int
    ) -> bytes:
        return self._derivation(algorithm).pbkdf2(key, salt, iterations, length)

    @override
    def hkdf(self, algorithm: HashAlgorithm, key: Buffer, salt: Buffer, info: Buffer, length: int) -> bytes:
        return self._derivation(algorithm).hkdf(key, salt, info, length)

    def _cipher(self, algorithm: CipherAlgorithm) -> Any:
        return self._library.ciphers[_cipher_name(algorithm)]

    def _hash(self, algorithm: HashAlgorithm) -> Any:
        return self._library.hashes[_hash_name(algorithm)]

    def _derivation(self, algorithm: HashAlgorithm) -> Derivation:
        mac = self._library.macs[f"hmac_{_hash_name(algorithm)}"]
        return Derivation(self._library.lib, self._hash(algorithm), mac)


def _cipher_name(algorithm: CipherAlgorithm) -> str:
    return _CIPHERS.get(algorithm) or algorithm.replace("-", "")


def _hash_name(algorithm: HashAlgorithm) -> str:
    return algorithm.replace("-", "_")
