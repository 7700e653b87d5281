"""RSA with keys in PKCS#1 DER: raw, or padded by PKCS#1 v1.5 (RFC 8017), as guests of QEMU ask for it.

New protocols want neither: this is for those that exist. The work is done by ``cryptography`` where it has
it; raw operations with a private key are blinded, since Python's arithmetic takes longer for some numbers.
"""

from __future__ import annotations

import enum
import secrets
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding as paddings
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from typing_extensions import Buffer, override

from iochan.core.errors import CryptoError
from iochan.crypto.der import SEQUENCE, DerError, DerReader, encode, encode_integer
from iochan.crypto.errors import AuthenticationFailed, LengthError
from iochan.crypto.hash import hash_bytes
from iochan.crypto.names import HashAlgorithm, named

__all__ = ["MAX_KEY", "RsaPadding", "RsaPrivateKey", "RsaPublicKey"]

MAX_KEY: Final = 16384
"""The most bits of a modulus that is read: the time of an operation grows with its third power."""

_MIN_KEY: Final = 1024
_OVERHEAD: Final = 11
_HASHES: Final[dict[HashAlgorithm, hashes.HashAlgorithm]] = {
    HashAlgorithm.MD5: hashes.MD5(),  # noqa: S303 - asked for by name
    HashAlgorithm.SHA1: hashes.SHA1(),  # noqa: S303
    HashAlgorithm.SHA224: hashes.SHA224(),
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


class RsaPadding(enum.StrEnum):
    """How a message fills the modulus."""

    RAW = "raw"
    PKCS1 = "pkcs1"


@dataclass(frozen=True, slots=True, repr=False)
class _Private:
    """The numbers of a private key (RFC 8017, A.1.2), which no repr shows."""

    d: int
    p: int
    q: int
    dp: int
    dq: int
    u: int


class RsaPublicKey:
    """What encrypts and verifies.

    Args:
        der: PKCS#1 ``RSAPublicKey``: SEQUENCE { n, e }.
        padding: An `RsaPadding` or its name.
        hash_algorithm: The hash of what is signed; needed with pkcs1.

    Raises:
        DerError: *der* is not that, or has anything else in it.
        CryptoError: The key or *padding* cannot be used.
        UnknownAlgorithm: The hash's name is unknown.

    Attributes:
        size: Bytes of the modulus, and of everything encrypted or signed.
    """

    __slots__ = ("_e", "_hash", "_n", "_public", "padding", "size")

    def __init__(
        self, der: Buffer, padding: str = RsaPadding.PKCS1, hash_algorithm: str = HashAlgorithm.SHA256
    ) -> None:
        outer = DerReader(bytes(der), "the RSA key")
        inner = outer.sequence("the RSA public key")
        outer.end()
        n, e = inner.integer(), inner.integer()
        inner.end()
        self._use(n, e, padding, hash_algorithm)

    def _use(self, n: int, e: int, padding: str, hash_algorithm: str) -> None:
        bits = n.bit_length()
        if not _MIN_KEY <= bits <= MAX_KEY:
            message = f"the RSA key has {bits} bits: {_MIN_KEY} to {MAX_KEY} are used, make a new one"
            raise CryptoError(message)
        if padding not in list(RsaPadding):
            message = f"unknown RSA padding {padding!r}: known are {' and '.join(RsaPadding)}"
            raise CryptoError(message)
        self.padding = RsaPadding(padding)
        self._hash = named(HashAlgorithm, hash_algorithm)
        self._n, self._e = n, e
        self.size = (bits + 7) // 8
        try:
            self._public = rsa.RSAPublicNumbers(e, n).public_key()
        except ValueError as error:
            message = f"the RSA key cannot be used: {str(error).lower().rstrip('.')}"
            raise CryptoError(message) from error

    @classmethod
    def from_numbers(cls, modulus: int, exponent: int) -> RsaPublicKey:
        """Return the key of these numbers, for encrypting with pkcs1.

        Raises:
            CryptoError: They make no key that can be used.
        """
        return RsaPublicKey(encode(SEQUENCE, encode_integer(modulus) + encode_integer(exponent)))

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.bits} bits, {self.padding}>"

    @property
    def bits(self) -> int:
        """How long the modulus is."""
        return self._n.bit_length()

    @property
    def modulus(self) -> int:
        """What numbers are taken the rest by."""
        return self._n

    @property
    def exponent(self) -> int:
        """The public one."""
        return self._e

    def fingerprint(self) -> str:
        """Return the SHA-256 of the public key, 64 digits, as OpenSSL tells it, too.

        That is ``openssl pkey -in KEY -pubout -outform DER | sha256sum``.
        """
        der = self._public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hash_bytes(HashAlgorithm.SHA256, der).hex()

    @property
    def max_plaintext(self) -> int:
        """The most bytes that one call encrypts; raw takes exactly so many."""
        return self.size if self.padding is RsaPadding.RAW else self.size - _OVERHEAD

    def encrypt(self, data: Buffer) -> bytes:
        """Return *data* encrypted, `size` bytes.

        Raises:
            LengthError: It is too long, or with raw has not `size` bytes.
            CryptoError: The numbers of the key are of a kind that encrypts nothing.
        """
        plain = bytes(data)
        if self.padding is RsaPadding.PKCS1:
            if len(plain) > self.max_plaintext:
                raise LengthError("the plain text", len(plain), f"it must have at most {self.max_plaintext}")
            try:
                return self._public.encrypt(plain, paddings.PKCS1v15())
            except ValueError as error:
                message = "the RSA key encrypts nothing: OpenSSL refuses its modulus or its exponent"
                raise CryptoError(message) from error
        return pow(self._number(plain, "the plain text"), self._e, self._n).to_bytes(self.size, "big")

    def verify(self, signature: Buffer, digest: Buffer) -> None:
        """Make sure that *signature* is one of *digest*.

        Raises:
            LengthError: *digest* is not as long as the hash's.
            AuthenticationFailed: It is not.
        """
        hashed, value = self._signs(), bytes(digest)
        self._check_digest(value)
        try:
            self._public.verify(bytes(signature), value, paddings.PKCS1v15(), Prehashed(hashed))
        except InvalidSignature:
            message = "the RSA signature does not fit: the digest, its hash or the key is another"
            raise AuthenticationFailed(message) from None

    def _signs(self) -> hashes.HashAlgorithm:
        if self.padding is RsaPadding.RAW:
            message = "raw RSA signs nothing and verifies nothing: take pkcs1"
            raise CryptoError(message)
        if self._hash not in _HASHES:
            message = f"RSA signs no {self._hash}: known are {', '.join(_HASHES)}"
            raise CryptoError(message)
        return _HASHES[self._hash]

    def _check_digest(self, digest: bytes) -> None:
        if len(digest) != self._hash.digest_length:
            wanted = f"it must have {self._hash.digest_length}"
            raise LengthError(f"the {self._hash} digest", len(digest), wanted)

    def _number(self, data: bytes, what: str) -> int:
        if len(data) != self.size:
            raise LengthError(what, len(data), f"it must have {self.size}, as the modulus")
        number = int.from_bytes(data, "big")
        if number >= self._n:
            message = f"{what} is not below the modulus, as raw RSA needs it: begin it with a zero byte"
            raise CryptoError(message)
        return number

    def public_der(self) -> bytes:
        """Return the public key as PKCS#1 DER."""
        return encode(SEQUENCE, encode_integer(self._n) + encode_integer(self._e))


class RsaPrivateKey(RsaPublicKey):
    """What decrypts and signs, and does all that the public key does.

    Args:
        der: PKCS#1 ``RSAPrivateKey``: SEQUENCE { 0, n, e, d, p, q, dp, dq, u }.
        padding: An `RsaPadding` or its name.
        hash_algorithm: The hash of what is signed; needed with pkcs1.

    Raises:
        DerError: *der* is not that, or has anything else in it.
        CryptoError: The numbers do not belong together, or *padding* cannot be used.
        UnknownAlgorithm: The hash's name is unknown.
    """

    __slots__ = ("_numbers", "_private")

    def __init__(
        self, der: Buffer, padding: str = RsaPadding.PKCS1, hash_algorithm: str = HashAlgorithm.SHA256
    ) -> None:
        outer = DerReader(bytes(der), "the RSA key")
        inner = outer.sequence("the RSA private key")
        outer.end()
        version = inner.integer()
        if version != 0:
            message = f"the RSA private key has version {version}: only those of two primes, 0, are read"
            raise DerError(message)
        n, e, *rest = (inner.integer() for _ in range(8))
        inner.end()
        self._use(n, e, padding, hash_algorithm)
        self._numbers = numbers = _Private(*rest)
        try:
            self._private = rsa.RSAPrivateNumbers(
                numbers.p, numbers.q, numbers.d, numbers.dp, numbers.dq, numbers.u, rsa.RSAPublicNumbers(e, n)
            ).private_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            message = "the numbers of the RSA private key do not belong together: copy it whole"
            raise CryptoError(message) from error

    @classmethod
    def generate(cls, bits: int) -> Self:
        """Return a new key of *bits*, for pkcs1; 2048 take about a tenth of a second."""
        return cls._of(rsa.generate_private_key(65537, bits))

    @classmethod
    def from_pem(cls, pem: Buffer) -> Self:
        """Return the key that is in *pem*, for pkcs1, as ``openssl genrsa`` writes it.

        Raises:
            CryptoError: It holds no RSA key, or one that is encrypted.
        """
        try:
            key = load_pem_private_key(bytes(pem), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            message = (
                "no private key in PEM that could be read without a password: make one by openssl genrsa"
            )
            raise CryptoError(message) from error
        if not isinstance(key, rsa.RSAPrivateKey):
            message = "the private key is not of RSA: make one by openssl genrsa"
            raise CryptoError(message)
        return cls._of(key)

    @classmethod
    def _of(cls, key: rsa.RSAPrivateKey) -> Self:
        return cls(key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()))

    def decrypt(self, data: Buffer) -> bytes:
        """Return what was encrypted.

        With pkcs1 a wrong padding gives random bytes, as OpenSSL does it, so that nobody can try
        ciphertexts until one fits (the attack of Bleichenbacher): check what comes out.

        Raises:
            LengthError: *data* has not `size` bytes.
        """
        secret = bytes(data)
        if self.padding is RsaPadding.PKCS1:
            if len(secret) != self.size:
                raise LengthError("the cipher text", len(secret), f"it must have {self.size}, as the modulus")
            try:
                return self._private.decrypt(secret, paddings.PKCS1v15())
            except ValueError as error:
                message = "the cipher text does not decrypt: it, or the key, is another"
                raise CryptoError(message) from error
        number = self._number(secret, "the cipher text")
        return self._raw(number).to_bytes(self.size, "big")

    def sign(self, digest: Buffer) -> bytes:
        """Return the signature of *digest*, `size` bytes.

        Raises:
            LengthError: *digest* is not as long as the hash's.
        """
        hashed, value = self._signs(), bytes(digest)
        self._check_digest(value)
        return self._private.sign(value, paddings.PKCS1v15(), Prehashed(hashed))

    def _raw(self, number: int) -> int:
        """Return ``number ** d % n`` by way of the primes, blinded."""
        key, n = self._numbers, self._n
        blind = secrets.randbelow(n - 2) + 2
        number = number * pow(blind, self._e, n) % n
        first, second = pow(number, key.dp, key.p), pow(number, key.dq, key.q)
        result = second + (first - second) * key.u % key.p * key.q
        return result * pow(blind, -1, n) % n
