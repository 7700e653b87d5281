"""The algorithms that can be asked for, under QEMU's names, with their lengths in bytes."""

from __future__ import annotations

import enum
from typing import Self, TypeVar

from iochan.core.errors import show_known
from iochan.crypto.errors import UnknownAlgorithm

__all__ = ["CipherAlgorithm", "CipherMode", "HashAlgorithm", "IvAlgorithm", "Kdf", "named"]


class CipherAlgorithm(enum.StrEnum):
    """A block cipher with its key size; ``CipherAlgorithm("aes-256")`` finds one by its name."""

    key_length: int
    """Bytes of a key; XTS takes two of them."""
    block_length: int
    """Bytes of a block."""

    def __new__(cls, name: str, key_length: int, block_length: int) -> Self:  # noqa: D102 - one a line below
        self = str.__new__(cls, name)
        self._value_ = name
        self.key_length = key_length
        self.block_length = block_length
        return self

    AES_128 = "aes-128", 16, 16
    AES_192 = "aes-192", 24, 16
    AES_256 = "aes-256", 32, 16
    CAMELLIA_128 = "camellia-128", 16, 16
    CAMELLIA_192 = "camellia-192", 24, 16
    CAMELLIA_256 = "camellia-256", 32, 16
    CAST5_128 = "cast5-128", 16, 8
    DES = "des", 8, 8
    DES3 = "3des", 24, 8
    SERPENT_128 = "serpent-128", 16, 16
    SERPENT_192 = "serpent-192", 24, 16
    SERPENT_256 = "serpent-256", 32, 16
    SM4 = "sm4", 16, 16
    TWOFISH_128 = "twofish-128", 16, 16
    TWOFISH_192 = "twofish-192", 24, 16
    TWOFISH_256 = "twofish-256", 32, 16


class CipherMode(enum.StrEnum):
    """How blocks are chained."""

    ECB = "ecb"
    CBC = "cbc"
    CTR = "ctr"
    XTS = "xts"
    GCM = "gcm"


class HashAlgorithm(enum.StrEnum):
    """A hash function; ``HashAlgorithm("sha256")`` finds one by its name."""

    digest_length: int
    """Bytes of a digest."""
    block_length: int
    """Bytes of a block, as HMAC pads its key to."""

    def __new__(cls, name: str, digest_length: int, block_length: int) -> Self:  # noqa: D102 - one a line below
        self = str.__new__(cls, name)
        self._value_ = name
        self.digest_length = digest_length
        self.block_length = block_length
        return self

    MD5 = "md5", 16, 64
    SHA1 = "sha1", 20, 64
    SHA224 = "sha224", 28, 64
    SHA256 = "sha256", 32, 64
    SHA384 = "sha384", 48, 128
    SHA512 = "sha512", 64, 128
    SHA3_224 = "sha3-224", 28, 144
    SHA3_256 = "sha3-256", 32, 136
    SHA3_384 = "sha3-384", 48, 104
    SHA3_512 = "sha3-512", 64, 72
    RIPEMD160 = "ripemd160", 20, 64
    SM3 = "sm3", 32, 64
    BLAKE2B = "blake2b", 64, 128
    BLAKE2S = "blake2s", 32, 64


class Kdf(enum.StrEnum):
    """A function that derives keys."""

    PBKDF2 = "pbkdf2"
    SCRYPT = "scrypt"
    ARGON2ID = "argon2id"
    HKDF = "hkdf"


class IvAlgorithm(enum.StrEnum):
    """How a vector is made of a sector's number."""

    PLAIN = "plain"
    PLAIN64 = "plain64"
    ESSIV = "essiv"


_Name = TypeVar("_Name", bound=enum.StrEnum)


_LABELS: dict[type[enum.StrEnum], str] = {
    CipherAlgorithm: "cipher",
    CipherMode: "cipher mode",
    HashAlgorithm: "hash",
    Kdf: "kdf",
    IvAlgorithm: "vector generator",
}


def named(kind: type[_Name], name: str) -> _Name:
    """Return the member of *kind* that *name* is, or names.

    Raises:
        UnknownAlgorithm: There is none; the message lists what is known.
    """
    try:
        return kind(name)
    except ValueError:
        what = _LABELS[kind]
        raise UnknownAlgorithm(what, name, show_known(name, [member.value for member in kind])) from None
