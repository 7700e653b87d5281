"""Vectors for sectors, as disk encryption makes them of sector numbers."""

from __future__ import annotations

from typing_extensions import Buffer

from iochan.core.errors import CryptoError
from iochan.crypto.backend import Backend
from iochan.crypto.cipher import Cipher
from iochan.crypto.hash import hash_bytes
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, IvAlgorithm, named

__all__ = ["IvGenerator", "essiv_cipher"]

_MASK32 = (1 << 32) - 1
_MASK64 = (1 << 64) - 1


def essiv_cipher(algorithm: str, hash_algorithm: str) -> CipherAlgorithm:
    """Return the cipher that ESSIV takes beside *algorithm*: of its family, with the digest's key size.

    Raises:
        CryptoError: The family has none with that key size.
    """
    cipher, digest = named(CipherAlgorithm, algorithm), named(HashAlgorithm, hash_algorithm)
    family = cipher.rpartition("-")[0]
    for candidate in CipherAlgorithm:
        if candidate.rpartition("-")[0] == family and candidate.key_length == digest.digest_length:
            return candidate
    message = (
        f"essiv over {digest} needs a {family or cipher} with keys of {digest.digest_length} bytes: none has"
    )
    raise CryptoError(message)


class IvGenerator:
    """Makes the vector of each sector: *plain* of 32 bits of its number, *plain64* of 64, *essiv* encrypted.

    Args:
        algorithm: An `IvAlgorithm` or its name.
        length: Bytes of a vector.
        key: For *essiv*, the key of the data; else not looked at.
        cipher: For *essiv*, what encrypts the number (see `essiv_cipher`); its key is the digest of *key*.
        hash_algorithm: For *essiv*, the hash; else it must be None.
        backend: Who does the work.

    Raises:
        UnknownAlgorithm: A name is unknown.
        CryptoError: *essiv* lacks its cipher or hash, or another one was given a hash.
    """

    __slots__ = ("_cipher", "_length", "algorithm")

    def __init__(
        self,
        algorithm: str,
        length: int,
        key: Buffer = b"",
        cipher: str | None = None,
        hash_algorithm: str | None = None,
        backend: Backend | str | None = None,
    ) -> None:
        self.algorithm = named(IvAlgorithm, algorithm)
        self._length = length
        self._cipher: Cipher | None = None
        if self.algorithm is IvAlgorithm.ESSIV:
            self._cipher = _essiv(key, cipher, hash_algorithm, backend)
        elif hash_algorithm is not None:
            message = f"{algorithm} takes no hash, {hash_algorithm} was given: leave it out, or take essiv"
            raise CryptoError(message)

    def iv(self, sector: int) -> bytes:
        """Return the vector of the sector with the number *sector*."""
        if self.algorithm is IvAlgorithm.PLAIN:
            return (sector & _MASK32).to_bytes(self._length, "little")
        number = (sector & _MASK64).to_bytes(max(8, self._length), "little")[: self._length]
        return number if self._cipher is None else self._encrypt(self._cipher, sector, 1)

    def ivs(self, first: int, count: int) -> bytes:
        """Return the vectors of *count* sectors from *first* on, one behind the other."""
        if self._cipher is not None:
            return self._encrypt(self._cipher, first, count)
        length = self._length
        mask = _MASK32 if self.algorithm is IvAlgorithm.PLAIN else _MASK64
        return b"".join(
            [(number & mask).to_bytes(length, "little") for number in range(first, first + count)]
        )

    def _encrypt(self, cipher: Cipher, first: int, count: int) -> bytes:
        block = cipher.algorithm.block_length
        numbers = [(number & _MASK64).to_bytes(block, "little") for number in range(first, first + count)]
        secret = cipher.encrypt(b"".join(numbers))
        if block == self._length:
            return secret
        blocks = [secret[start : start + block] for start in range(0, len(secret), block)]
        return b"".join([one[: self._length].ljust(self._length, b"\0") for one in blocks])


def _essiv(
    key: Buffer, cipher: str | None, hash_algorithm: str | None, backend: Backend | str | None
) -> Cipher:
    if cipher is None or hash_algorithm is None:
        message = "essiv needs a cipher and a hash: give both, such as aes-256 and sha256"
        raise CryptoError(message)
    chosen = named(CipherAlgorithm, cipher)
    digest = hash_bytes(hash_algorithm, key, backend=None)
    fitted = digest[: chosen.key_length].ljust(chosen.key_length, b"\0")
    return Cipher(chosen, CipherMode.ECB, fitted, backend, size=16)
