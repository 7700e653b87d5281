"""What a library that does the cryptographic work is asked: the contract of backends.

A backend is found by its name in the entry-point group ``iochan.crypto_backends``, whose functions take
nothing and return a `Backend`, or raise `iochan.crypto.errors.BackendMissing` when the library that they
stand for is not on this machine. The facade checks names and lengths before it asks, so that a backend gets
only what its own ``…_supports`` answered yes to, with keys, vectors and buffers of the right length.
"""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NoReturn

from typing_extensions import Buffer

from iochan.core.buffers import Flat
from iochan.crypto.errors import AlgorithmUnavailable
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, Kdf

__all__ = ["BACKENDS", "AeadContext", "Backend", "CipherContext", "DigestContext"]

BACKENDS = "iochan.crypto_backends"
"""The entry-point group of functions ``() -> Backend``."""


class CipherContext(ABC):
    """One key in one mode. The vector is all zeros until it is set; each direction chains on its own."""

    __slots__ = ()

    @abstractmethod
    def set_iv(self, iv: bytes) -> None:
        """Start both directions anew from *iv*, which has a block's length (never called in ECB)."""

    @abstractmethod
    def encrypt_into(self, data: Flat, out: Flat) -> None:
        """Encrypt *data*, whole blocks of it, into *out*, which has its length and may be the same memory."""

    @abstractmethod
    def decrypt_into(self, data: Flat, out: Flat) -> None:
        """Decrypt *data*, whole blocks of it, into *out*, which has its length and may be the same memory."""

    def encrypt(self, data: Flat) -> bytes:
        """Return *data*, whole blocks of it, encrypted; a backend that makes bytes itself overrides this."""
        out = bytearray(len(data))
        self.encrypt_into(data, out)
        return bytes(out)

    def decrypt(self, data: Flat) -> bytes:
        """Return *data*, whole blocks of it, decrypted: the counterpart of `encrypt`."""
        out = bytearray(len(data))
        self.decrypt_into(data, out)
        return bytes(out)

    def encrypt_sectors_into(self, data: Flat, out: Flat, ivs: Flat, sector: int) -> None:
        """Encrypt each *sector* bytes of *data* from its own vector; *ivs* holds them one after the other.

        A backend that can walk the sectors without a call from Python for each one overrides this.
        """
        source, target, vectors = memoryview(data), memoryview(out), memoryview(ivs)
        length = len(vectors) // (len(source) // sector)
        for number, start in enumerate(range(0, len(source), sector)):
            self.set_iv(bytes(vectors[number * length : (number + 1) * length]))
            self.encrypt_into(source[start : start + sector], target[start : start + sector])

    def decrypt_sectors_into(self, data: Flat, out: Flat, ivs: Flat, sector: int) -> None:
        """Decrypt each *sector* bytes of *data*: the counterpart of `encrypt_sectors_into`."""
        source, target, vectors = memoryview(data), memoryview(out), memoryview(ivs)
        length = len(vectors) // (len(source) // sector)
        for number, start in enumerate(range(0, len(source), sector)):
            self.set_iv(bytes(vectors[number * length : (number + 1) * length]))
            self.decrypt_into(source[start : start + sector], target[start : start + sector])


class AeadContext(CipherContext):
    """A mode that authenticates what it encrypts (GCM), one message a nonce.

    Its ``set_iv`` takes a nonce of 8 to 128 bytes and starts a message; ``encrypt_into`` and
    ``decrypt_into`` take any length and may be called many times.
    """

    __slots__ = ()

    @abstractmethod
    def authenticate(self, data: Flat) -> None:
        """Add associated *data*, which travels in clear; only before the message's first byte."""

    @abstractmethod
    def tag(self) -> bytes:
        """End the message that was encrypted and return its tag of 16 bytes."""

    def verify(self, tag: bytes) -> bool:
        """End the message that was decrypted and tell whether *tag*, of 16 bytes, is its own.

        A backend overrides it whose `tag` knows only messages that were encrypted.
        """
        return hmac.compare_digest(self.tag(), tag)


class DigestContext(ABC):
    """A hash or a MAC that takes its message in pieces."""

    __slots__ = ()

    @abstractmethod
    def update(self, data: Buffer) -> None:
        """Add *data* to the message."""

    @abstractmethod
    def digest(self) -> bytes:
        """Return the digest of all that was added so far; more may follow."""

    @abstractmethod
    def copy(self) -> DigestContext:
        """Return a second context with the same message so far, which goes its own way."""


class Backend(ABC):
    """A library that does the work; what it does not override, it does not have."""

    name: str
    """As it stands in its entry point, and in ``IOCHAN_CRYPTO_BACKEND``."""

    @property
    @abstractmethod
    def version(self) -> str:
        """The library's own version, as text."""

    def cipher_supports(self, algorithm: CipherAlgorithm, mode: CipherMode) -> bool:
        """Tell whether `cipher` works for *algorithm* in *mode*, here and now."""
        return False

    def cipher(self, algorithm: CipherAlgorithm, mode: CipherMode, key: Buffer) -> CipherContext:
        """Return a context for *key*; for GCM an `AeadContext`."""
        self._lacks(f"{algorithm}-{mode}")

    def hash_supports(self, algorithm: HashAlgorithm) -> bool:
        """Tell whether `hash` works for *algorithm*, here and now."""
        return False

    def hash(self, algorithm: HashAlgorithm) -> DigestContext:
        """Return an empty context."""
        self._lacks(algorithm)

    def digester(self, algorithm: HashAlgorithm) -> Callable[[Buffer], bytes]:
        """Return the function that hashes one buffer; a backend with a quicker way overrides this."""

        def digest(data: Buffer) -> bytes:
            context = self.hash(algorithm)
            context.update(data)
            return context.digest()

        return digest

    def hmac_supports(self, algorithm: HashAlgorithm) -> bool:
        """Tell whether `hmac` works for *algorithm*, here and now."""
        return False

    def hmac(self, algorithm: HashAlgorithm, key: Buffer) -> DigestContext:
        """Return an empty context for *key*, of any length."""
        self._lacks(f"hmac-{algorithm}")

    def cmac_supports(self, algorithm: CipherAlgorithm) -> bool:
        """Tell whether `cmac` works for *algorithm*, here and now."""
        return False

    def cmac(self, algorithm: CipherAlgorithm, key: Buffer) -> DigestContext:
        """Return an empty context for *key*."""
        self._lacks(f"cmac-{algorithm}")

    def kdf_supports(
        self,
        kdf: Kdf,
        algorithm: HashAlgorithm | None,
        *,
        key: bool = True,
        salt: bool = True,
        r: int = 8,
    ) -> bool:
        """Tell whether *kdf* works, here and now.

        Args:
            kdf: Which.
            algorithm: The hash; None for those that have their own.
            key: Whether there is a key or password, and not an empty one, which some libraries refuse.
            salt: Whether there is a salt, the same.
            r: The size of scrypt's blocks; other functions have none.
        """
        return False

    def pbkdf2(
        self, algorithm: HashAlgorithm, key: Buffer, salt: Buffer, iterations: int, length: int
    ) -> bytes:
        """Return *length* bytes derived as RFC 8018, section 5.2 says."""
        self._lacks(f"pbkdf2-{algorithm}")

    def scrypt(self, key: Buffer, salt: Buffer, n: int, r: int, p: int, length: int) -> bytes:
        """Return *length* bytes derived as RFC 7914 says."""
        self._lacks("scrypt")

    def argon2id(
        self, key: Buffer, salt: Buffer, iterations: int, lanes: int, memory: int, length: int
    ) -> bytes:
        """Return *length* bytes derived as RFC 9106 says, over *memory* KiB."""
        self._lacks("argon2id")

    def hkdf(self, algorithm: HashAlgorithm, key: Buffer, salt: Buffer, info: Buffer, length: int) -> bytes:
        """Return *length* bytes derived as RFC 5869 says."""
        self._lacks(f"hkdf-{algorithm}")

    def _lacks(self, what: str) -> NoReturn:
        message = f"the crypto backend {self.name} has no {what}: ask its supports first, or another backend"
        raise AlgorithmUnavailable(message)
