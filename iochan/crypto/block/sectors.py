"""Encryption of sectors as one header has it: of the payload, and of each slot's key material."""

from __future__ import annotations

from typing_extensions import Buffer

from iochan.crypto.backend import Backend
from iochan.crypto.block.header import SECTOR, LuksHeader
from iochan.crypto.cipher import Cipher
from iochan.crypto.ivgen import IvGenerator, essiv_cipher
from iochan.crypto.names import CipherMode, IvAlgorithm

__all__ = ["SectorCipher"]


class SectorCipher:
    """Encrypts and decrypts whole sectors in place, by their numbers.

    Args:
        header: Says how.
        key: The key of these sectors.
        backend: Who does the work.
    """

    __slots__ = ("_cipher", "_ivgen")

    def __init__(self, header: LuksHeader, key: Buffer, backend: Backend | str | None = None) -> None:
        self._cipher = Cipher(header.algorithm, header.mode, key, backend, size=SECTOR)
        length = header.algorithm.block_length
        if header.ivgen is IvAlgorithm.ESSIV and header.iv_hash is not None:
            cipher = essiv_cipher(header.algorithm, header.iv_hash)
            self._ivgen = IvGenerator(header.ivgen, length, key, cipher, header.iv_hash, backend)
        else:
            self._ivgen = IvGenerator(header.ivgen, length)

    def encrypt(self, data: memoryview, first: int) -> None:
        """Encrypt *data*, whole sectors, in place; *first* is the number of its first sector."""
        if self._cipher.mode is CipherMode.ECB:
            self._cipher.encrypt_into(data, data)
        else:
            self._cipher.encrypt_sectors_into(data, data, self._ivgen.ivs(first, len(data) // SECTOR), SECTOR)

    def decrypt(self, data: memoryview, first: int) -> None:
        """Decrypt *data*: the counterpart of `encrypt`."""
        if self._cipher.mode is CipherMode.ECB:
            self._cipher.decrypt_into(data, data)
        else:
            self._cipher.decrypt_sectors_into(data, data, self._ivgen.ivs(first, len(data) // SECTOR), SECTOR)
