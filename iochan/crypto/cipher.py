"""Symmetric ciphers: one key in one mode, whatever library does the work."""

from __future__ import annotations

import sys
from typing import NoReturn

from typing_extensions import Buffer, override

from iochan.core.buffers import Flat, as_view, flat
from iochan.core.errors import CryptoError
from iochan.crypto.backend import AeadContext, Backend
from iochan.crypto.choice import choose, cipher_order, is_there, remembered
from iochan.crypto.errors import AlgorithmUnavailable, AuthenticationFailed, LengthError
from iochan.crypto.names import CipherAlgorithm, CipherMode, named
from iochan.crypto.oneway import OneWayContext

__all__ = [
    "MAX_NONCE",
    "MAX_XTS_SECTOR",
    "MIN_NONCE",
    "TAG_LENGTH",
    "Cipher",
    "block_length",
    "cipher_supports",
    "iv_length",
    "key_length",
]

TAG_LENGTH = 16
"""Bytes of a GCM tag."""

MIN_NONCE, MAX_NONCE = 8, 128
"""The bytes that a GCM nonce may have; 12 is what every protocol uses."""

MAX_XTS_SECTOR = 1 << 24
"""The bytes that a sector may have in XTS: 2**20 blocks (IEEE 1619, section 5.1)."""

_USUAL = 32768
_XTS_BLOCK = 16


def key_length(algorithm: str, mode: str = CipherMode.ECB) -> int:
    """Return how many bytes a key has: in XTS it is two keys, one behind the other."""
    length = named(CipherAlgorithm, algorithm).key_length
    return 2 * length if named(CipherMode, mode) is CipherMode.XTS else length


def block_length(algorithm: str) -> int:
    """Return how many bytes a block has."""
    return named(CipherAlgorithm, algorithm).block_length


def iv_length(algorithm: str, mode: str) -> int:
    """Return how many bytes a vector has: none in ECB, 12 in GCM (where others work too), else a block."""
    chosen = named(CipherMode, mode)
    if chosen is CipherMode.ECB:
        return 0
    return 12 if chosen is CipherMode.GCM else named(CipherAlgorithm, algorithm).block_length


def cipher_supports(algorithm: str, mode: str, backend: Backend | str | None = None) -> bool:
    """Tell whether a `Cipher` can be made of *algorithm* in *mode*, by *backend* or by any that is here.

    Raises:
        UnknownAlgorithm: One of the names is unknown, which is no matter of support.
    """
    return is_there(_choose, named(CipherAlgorithm, algorithm), named(CipherMode, mode), backend, _USUAL)


@remembered
def _choose(
    algorithm: CipherAlgorithm, mode: CipherMode, backend: Backend | str | None, size: int
) -> Backend:
    if mode in {CipherMode.XTS, CipherMode.GCM} and algorithm.block_length != _XTS_BLOCK:
        block = algorithm.block_length
        message = f"{algorithm} cannot work in {mode}: its blocks have {block} bytes, not {_XTS_BLOCK}"
        raise AlgorithmUnavailable(message)
    return choose(
        f"{algorithm}-{mode}",
        lambda candidate: candidate.cipher_supports(algorithm, mode),
        cipher_order(algorithm, mode, size),
        backend,
    )


class Cipher:
    """One key in one mode; calls chain, as one long message in pieces.

    The vector is all zeros until `set_iv` gives one, except in GCM, where each message needs its own nonce.
    Encryption and decryption chain apart from one another: `set_iv` starts both anew. Lengths are whole
    blocks in every mode but GCM (QEMU's rule), and nothing is padded. In XTS a call is one sector, of at
    most `MAX_XTS_SECTOR` bytes, and restarts at the vector; `encrypt_sectors_into` takes many at once.

    One thread at a time may use it.

    Args:
        algorithm: A `CipherAlgorithm` or its name, such as ``aes-256``.
        mode: A `CipherMode` or its name, such as ``xts``.
        key: As long as `key_length` says.
        backend: Who does the work, or its name; None for what `iochan.crypto.choice` finds best.
        size: About how many bytes a call will have, if that is known: the best backend depends on it.

    Raises:
        UnknownAlgorithm: A name is unknown.
        LengthError: *key* has the wrong length.
        AlgorithmUnavailable: No backend here has it.
    """

    __slots__ = ("_block", "_context", "_most", "_ready", "algorithm", "backend", "mode")

    def __init__(
        self,
        algorithm: str,
        mode: str,
        key: Buffer,
        backend: Backend | str | None = None,
        size: int = _USUAL,
    ) -> None:
        self.algorithm = named(CipherAlgorithm, algorithm)
        self.mode = named(CipherMode, mode)
        self.backend = _choose(self.algorithm, self.mode, backend, size)
        secret = as_view(key)
        wanted = key_length(self.algorithm, self.mode)
        if len(secret) != wanted:
            raise LengthError(
                f"the key for {self.algorithm}-{self.mode}", len(secret), f"it must have {wanted}"
            )
        if self.mode is CipherMode.XTS and secret[: wanted // 2] == secret[wanted // 2 :]:
            message = "the two halves of an XTS key are equal, which makes it unsafe: take two random keys"
            raise CryptoError(message)
        self._block = 1 if self.mode is CipherMode.GCM else self.algorithm.block_length
        self._most = MAX_XTS_SECTOR if self.mode is CipherMode.XTS else sys.maxsize
        context = self.backend.cipher(self.algorithm, self.mode, secret)
        self._context = OneWayContext(context) if isinstance(context, AeadContext) else context
        self._ready = self.mode is not CipherMode.GCM

    @override
    def __repr__(self) -> str:
        return f"<Cipher {self.algorithm}-{self.mode} by {self.backend.name}>"

    def set_iv(self, iv: Buffer) -> None:
        """Start a new message from *iv*, both ways; in GCM it is the nonce, never used twice with a key.

        Raises:
            LengthError: *iv* has not the length that `iv_length` says; in ECB it is refused altogether.
        """
        vector = bytes(iv)
        if self.mode is CipherMode.ECB:
            raise LengthError("the vector", len(vector), "ECB takes none")
        if self.mode is CipherMode.GCM:
            if not MIN_NONCE <= len(vector) <= MAX_NONCE:
                raise LengthError("the nonce", len(vector), f"it must have {MIN_NONCE} to {MAX_NONCE}")
        elif len(vector) != self.algorithm.block_length:
            raise LengthError("the vector", len(vector), f"it must have {self.algorithm.block_length}")
        self._context.set_iv(vector)
        self._ready = True

    def encrypt(self, data: Buffer) -> bytes:
        """Return *data* encrypted; it goes on where the last call ended.

        Raises:
            LengthError: *data* is not made of whole blocks.
        """
        plain = data if type(data) is bytes else flat(data)
        if not self._ready or len(plain) % self._block or len(plain) > self._most:
            self._refuse(plain)
        return self._context.encrypt(plain) if plain else b""

    def decrypt(self, data: Buffer) -> bytes:
        """Return *data* decrypted; it goes on where the last call ended.

        In GCM nothing of the result may be used before `verify` has succeeded.

        Raises:
            LengthError: *data* is not made of whole blocks.
        """
        secret = data if type(data) is bytes else flat(data)
        if not self._ready or len(secret) % self._block or len(secret) > self._most:
            self._refuse(secret)
        return self._context.decrypt(secret) if secret else b""

    def encrypt_into(self, data: Buffer, out: Buffer) -> None:
        """Encrypt *data* into *out*, which has the same length and may be the same buffer.

        Raises:
            LengthError: *data* is not made of whole blocks, or *out* has another length.
        """
        plain = data if type(data) is bytes or type(data) is bytearray else flat(data)
        target = out if type(out) is bytearray else flat(out)
        size = len(plain)
        if size % self._block or len(target) != size or size > self._most or not self._ready:
            self._refuse(plain, target)
        if size:
            self._context.encrypt_into(plain, target)

    def decrypt_into(self, data: Buffer, out: Buffer) -> None:
        """Decrypt *data* into *out*, which has the same length and may be the same buffer.

        Raises:
            LengthError: *data* is not made of whole blocks, or *out* has another length.
        """
        secret = data if type(data) is bytes or type(data) is bytearray else flat(data)
        target = out if type(out) is bytearray else flat(out)
        size = len(secret)
        if size % self._block or len(target) != size or size > self._most or not self._ready:
            self._refuse(secret, target)
        if size:
            self._context.decrypt_into(secret, target)

    def encrypt_sectors_into(self, data: Buffer, out: Buffer, ivs: Buffer, sector: int) -> None:
        """Encrypt many sectors in one call, each from its own vector.

        Args:
            data: Whole sectors.
            out: Of the same length; it may be the same buffer.
            ivs: The vectors of the sectors, one behind the other.
            sector: Bytes of a sector, whole blocks.

        Raises:
            LengthError: A length does not fit the others.
        """
        plain, target, vectors = self._sectors(data, out, ivs, sector)
        if plain:
            self._context.encrypt_sectors_into(plain, target, vectors, sector)

    def decrypt_sectors_into(self, data: Buffer, out: Buffer, ivs: Buffer, sector: int) -> None:
        """Decrypt many sectors in one call: the counterpart of `encrypt_sectors_into`."""
        secret, target, vectors = self._sectors(data, out, ivs, sector)
        if secret:
            self._context.decrypt_sectors_into(secret, target, vectors, sector)

    def authenticate(self, data: Buffer) -> None:
        """Add associated *data* to a GCM message: before its first byte, and in clear beside it."""
        self._aead().authenticate(flat(data))

    def tag(self) -> bytes:
        """End the GCM message that was encrypted and return its tag of `TAG_LENGTH` bytes."""
        context = self._aead()
        self._ready = False
        return context.tag()

    def verify(self, tag: Buffer) -> None:
        """End the GCM message that was decrypted, and make sure that it is what was sent.

        Raises:
            LengthError: *tag* has not `TAG_LENGTH` bytes: a shorter one would be easier to forge.
            AuthenticationFailed: It is not the message's: forget what was decrypted.
        """
        context, given = self._aead(), bytes(tag)
        if len(given) != TAG_LENGTH:
            raise LengthError("the tag", len(given), f"it must have {TAG_LENGTH}")
        self._ready = False
        if not context.verify(given):
            message = (
                "the GCM tag does not fit: the message, its nonce, its associated data or the key is another"
            )
            raise AuthenticationFailed(message)

    def _aead(self) -> AeadContext:
        if not isinstance(self._context, AeadContext):
            message = f"{self.algorithm}-{self.mode} has no associated data and no tag: use the mode gcm"
            raise CryptoError(message)
        if not self._ready:
            self._refuse(b"")
        return self._context

    def _sectors(self, data: Buffer, out: Buffer, ivs: Buffer, sector: int) -> tuple[Flat, Flat, Flat]:
        source, target, vectors = flat(data), flat(out), flat(ivs)
        if (
            sector <= 0
            or sector % self.algorithm.block_length
            or self.mode in {CipherMode.GCM, CipherMode.ECB}
        ):
            name = f"{self.algorithm}-{self.mode}"
            message = f"sectors of {sector} bytes in {name}: take whole blocks, in cbc, ctr or xts"
            raise CryptoError(message)
        if sector > self._most:
            raise _too_long(sector)
        if len(source) % sector:
            raise LengthError("the data", len(source), f"it must be whole sectors of {sector}")
        if len(target) != len(source):
            raise LengthError("the room for the result", len(target), f"it must have {len(source)}")
        wanted = len(source) // sector * self.algorithm.block_length
        if len(vectors) != wanted:
            raise LengthError("the vectors", len(vectors), f"there must be {wanted}, one for each sector")
        return source, target, vectors

    def _refuse(self, data: Flat, out: Flat | None = None) -> NoReturn:
        if not self._ready:
            message = "each GCM message needs a nonce of its own: call set_iv first"
            raise CryptoError(message)
        if len(data) % self._block:
            raise LengthError(
                "the data",
                len(data),
                f"{self.algorithm}-{self.mode} takes whole blocks of {self._block}, pad it",
            )
        if len(data) > self._most:
            raise _too_long(len(data))
        assert out is not None
        raise LengthError("the room for the result", len(out), f"it must have {len(data)}, as the data")


def _too_long(size: int) -> LengthError:
    return LengthError("the sector", size, f"XTS takes {MAX_XTS_SECTOR} at most, cut it into sectors")
