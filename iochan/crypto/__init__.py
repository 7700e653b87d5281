"""Ciphers, hashes, MACs, key derivation and random bytes, whatever library does the work.

`iochan.crypto.rsa` and `iochan.crypto.fingerprint` need ``cryptography`` and stand for themselves.
"""

from __future__ import annotations

from iochan.crypto.afsplit import AfSplitter
from iochan.crypto.cipher import Cipher, block_length, cipher_supports, iv_length, key_length
from iochan.crypto.errors import (
    AlgorithmUnavailable,
    AuthenticationFailed,
    BackendMissing,
    LengthError,
    UnknownAlgorithm,
)
from iochan.crypto.hash import Hash, digest_length, hash_base64, hash_bytes, hash_hex, hash_supports
from iochan.crypto.ivgen import IvGenerator
from iochan.crypto.kdf import argon2id, hkdf, kdf_supports, pbkdf2, pbkdf2_count_iterations, scrypt
from iochan.crypto.mac import Cmac, Hmac, cmac_supports, hmac_supports
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, IvAlgorithm, Kdf
from iochan.crypto.random import random_bytes

__all__ = [
    "AfSplitter",
    "AlgorithmUnavailable",
    "AuthenticationFailed",
    "BackendMissing",
    "Cipher",
    "CipherAlgorithm",
    "CipherMode",
    "Cmac",
    "Hash",
    "HashAlgorithm",
    "Hmac",
    "IvAlgorithm",
    "IvGenerator",
    "Kdf",
    "LengthError",
    "UnknownAlgorithm",
    "argon2id",
    "block_length",
    "cipher_supports",
    "cmac_supports",
    "digest_length",
    "hash_base64",
    "hash_bytes",
    "hash_hex",
    "hash_supports",
    "hkdf",
    "hmac_supports",
    "iv_length",
    "kdf_supports",
    "key_length",
    "pbkdf2",
    "pbkdf2_count_iterations",
    "random_bytes",
    "scrypt",
]
