from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from iochan.core.errors import CryptoError
from iochan.crypto.der import SEQUENCE, DerError, encode, encode_integer
from iochan.crypto.errors import AuthenticationFailed, LengthError
from iochan.crypto.hash import hash_bytes
from iochan.crypto.rsa import RsaPrivateKey, RsaPublicKey


@pytest.fixture(scope="module", params=[1024, 2048])
def keys(request: pytest.FixtureRequest) -> tuple[bytes, bytes]:
    """Return a private and a public key that cryptography made, in PKCS#1 DER."""
    key = rsa.generate_private_key(65537, request.param)
    private = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def test_pkcs1_encrypts_and_decrypts(keys: tuple[bytes, bytes]) -> None:
    private, public = RsaPrivateKey(keys[0]), RsaPublicKey(keys[1])
    message = os.urandom(public.max_plaintext)
    assert private.decrypt(public.encrypt(message)) == message
    assert len(public.encrypt(b"")) == public.size
    with pytest.raises(LengthError, match="plain text"):
        public.encrypt(message + b"x")
    with pytest.raises(LengthError, match="cipher text"):
        private.decrypt(b"short")


def test_raw_is_the_plain_power_both_ways(keys: tuple[bytes, bytes]) -> None:
    private, public = RsaPrivateKey(keys[0], "raw"), RsaPublicKey(keys[1], "raw")
    message = b"\0" + os.urandom(public.size - 1)
    secret = public.encrypt(message)
    assert private.decrypt(secret) == message
    assert private.encrypt(message) == secret
    with pytest.raises(LengthError, match="as the modulus"):
        public.encrypt(message[1:])
    with pytest.raises(CryptoError, match="not below the modulus"):
        public.encrypt(b"\xff" * public.size)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_signatures_are_made_and_verified(keys: tuple[bytes, bytes], algorithm: str) -> None:
    private, public = RsaPrivateKey(keys[0], "pkcs1", algorithm), RsaPublicKey(keys[1], "pkcs1", algorithm)
    digest = hash_bytes(algorithm, b"message")
    signature = private.sign(digest)
    public.verify(signature, digest)
    with pytest.raises(AuthenticationFailed, match="signature does not fit"):
        public.verify(signature, hash_bytes(algorithm, b"other"))
    with pytest.raises(LengthError, match=f"the {algorithm} digest has 3 bytes"):
        private.sign(b"abc")


def test_raw_signs_nothing(keys: tuple[bytes, bytes]) -> None:
    with pytest.raises(CryptoError, match="raw RSA signs nothing"):
        RsaPrivateKey(keys[0], "raw").sign(bytes(32))
    with pytest.raises(CryptoError, match="RSA signs no sm3"):
        RsaPrivateKey(keys[0], "pkcs1", "sm3").sign(bytes(32))
    with pytest.raises(CryptoError, match="unknown RSA padding 'oaep'"):
        RsaPublicKey(keys[1], "oaep")


def test_the_public_part_comes_out_again(keys: tuple[bytes, bytes]) -> None:
    assert RsaPrivateKey(keys[0]).public_der() == keys[1]
    assert repr(RsaPrivateKey(keys[0])).startswith("<RsaPrivateKey of ")


N = (1 << 1023) + 1


def sequence(*numbers: int) -> bytes:
    return encode(SEQUENCE, b"".join(encode_integer(number) for number in numbers))


@pytest.mark.parametrize(
    ("make", "der", "message"),
    [
        (RsaPublicKey, sequence(N), "public key ends"),
        (RsaPublicKey, sequence(N, 3, 5), "bytes too many"),
        (RsaPublicKey, sequence(N, 3) + b"\0", "the RSA key has 1 bytes too many"),
        (RsaPublicKey, encode(SEQUENCE, encode_integer(N) + b"\x02\x00"), "an empty integer"),
        (RsaPublicKey, encode(SEQUENCE, b""), "public key ends at byte 0"),
        (RsaPublicKey, b"", "the RSA key ends at byte 0"),
        (RsaPublicKey, sequence(N, 3)[:-1], "and .* are left"),
        (RsaPublicKey, encode_integer(5), "has tag 0x02 at byte 0, where 0x30 should be"),
        (RsaPublicKey, encode(SEQUENCE, b"\x02\x01\xff"), "a negative integer"),
        (RsaPublicKey, b"\x30\x85\0\0\0\0\1\0", "a length of 5 bytes"),
        (RsaPrivateKey, sequence(0, N, 3), "private key ends"),
        (RsaPrivateKey, sequence(0, N, 3, 5, 7, 11, 13, 17, 19, 23), "bytes too many"),
        (RsaPrivateKey, sequence(1, N, 3, 5, 7, 11, 13, 17, 19), "has version 1"),
    ],
)
def test_what_is_no_key_is_refused_by_place(
    make: Callable[[bytes], object], der: bytes, message: str
) -> None:
    with pytest.raises(DerError, match=message):
        make(der)


def test_numbers_that_make_no_key_are_refused() -> None:
    with pytest.raises(CryptoError, match="has 512 bits"):
        RsaPublicKey(sequence((1 << 511) + 1, 3))
    with pytest.raises(CryptoError, match="has 20000 bits"):
        RsaPublicKey(sequence((1 << 19999) + 1, 3))
    with pytest.raises(CryptoError, match="do not belong together"):
        RsaPrivateKey(sequence(0, N, 65537, 5, 7, 11, 13, 17, 19))
    with pytest.raises(CryptoError, match="cannot be used"):
        RsaPublicKey(sequence(N, 2))


@pytest.mark.parametrize("numbers", [(1 << 2047 | 2, 3), (1 << 4095 | 1, 1 << 200 | 1)])
def test_numbers_that_openssl_refuses_only_when_it_encrypts_are_an_error_of_ours(
    numbers: tuple[int, int],
) -> None:
    with pytest.raises(CryptoError, match="the RSA key encrypts nothing"):
        RsaPublicKey(sequence(*numbers)).encrypt(b"content")
