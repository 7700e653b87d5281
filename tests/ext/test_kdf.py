from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from iochan.crypto.backend import Backend
from iochan.crypto.errors import AlgorithmUnavailable
from iochan.crypto.names import HashAlgorithm, Kdf

HKDF_HASHES: dict[HashAlgorithm, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA1: hashes.SHA1(),
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_every_bit_of_pbkdf2_is_what_hashlib_gives(backend: Backend, algorithm: HashAlgorithm) -> None:
    name = algorithm.replace("-", "_")
    if not backend.kdf_supports(Kdf.PBKDF2, algorithm) or name not in hashlib.algorithms_available:
        pytest.skip(f"{backend.name} or hashlib has no pbkdf2 over {algorithm}")

    @settings(max_examples=15, deadline=None)
    @given(
        st.binary(max_size=200), st.binary(min_size=1, max_size=90), st.integers(1, 4), st.integers(1, 150)
    )
    def check(key: bytes, salt: bytes, iterations: int, length: int) -> None:
        expected = hashlib.pbkdf2_hmac(name, key, salt, iterations, length)
        assert backend.pbkdf2(algorithm, bytearray(key), salt, iterations, length) == expected

    check()


def test_the_examples_of_rfc_6070_hold(backend: Backend) -> None:
    one = backend.pbkdf2(HashAlgorithm.SHA1, b"password", b"salt", 4096, 20)
    two = backend.pbkdf2(HashAlgorithm.SHA1, b"pass\0word", b"sa\0lt", 4096, 16)
    assert one.hex() == "4b007901b765489abead49d926f721d065a429c1"
    assert two.hex() == "56fa6aa75548099dcc37d7f03425e0c3"
    assert backend.pbkdf2(HashAlgorithm.SHA1, b"password", b"salt", 1, 0) == b""


@pytest.mark.parametrize("algorithm", HKDF_HASHES)
def test_every_bit_of_hkdf_is_what_cryptography_gives(nettle: Backend, algorithm: HashAlgorithm) -> None:
    assert nettle.kdf_supports(Kdf.HKDF, algorithm)

    @settings(max_examples=30, deadline=None)
    @given(
        st.binary(min_size=1, max_size=100),
        st.binary(max_size=200),
        st.binary(max_size=90),
        st.integers(1, 300),
    )
    def check(key: bytes, salt: bytes, info: bytes, length: int) -> None:
        expected = HKDF(HKDF_HASHES[algorithm], length, salt, info).derive(key)
        assert nettle.hkdf(algorithm, key, salt, bytearray(info), length) == expected

    check()


def test_the_first_example_of_rfc_5869_holds(nettle: Backend) -> None:
    derived = nettle.hkdf(HashAlgorithm.SHA256, b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert derived.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


@pytest.mark.parametrize("r", [1, 8])
def test_every_bit_of_scrypt_is_what_hashlib_gives(libgcrypt: Backend, r: int) -> None:
    assert libgcrypt.kdf_supports(Kdf.SCRYPT, None)
    expected = hashlib.scrypt(b"pleaseletmein", salt=b"SodiumChloride", n=256, r=r, p=2, dklen=70)
    assert libgcrypt.scrypt(b"pleaseletmein", b"SodiumChloride", 256, r, 2, 70) == expected
    assert libgcrypt.scrypt(b"", b"", 16, r, 1, 64) == hashlib.scrypt(b"", salt=b"", n=16, r=r, p=1)


@pytest.mark.parametrize("lanes", [1, 3])
def test_every_bit_of_argon2id_is_what_cryptography_gives(libgcrypt: Backend, lanes: int) -> None:
    if not libgcrypt.kdf_supports(Kdf.ARGON2ID, None):
        pytest.skip(f"libgcrypt {libgcrypt.version} has no argon2id")
    expected = Argon2id(salt=b"saltsalt", length=40, iterations=2, lanes=lanes, memory_cost=64).derive(b"key")
    assert libgcrypt.argon2id(b"key", b"saltsalt", 2, lanes, 64, 40) == expected


def test_a_backend_says_what_it_has_not(nettle: Backend, libgcrypt: Backend) -> None:
    assert not nettle.kdf_supports(Kdf.SCRYPT, None)
    assert not nettle.kdf_supports(Kdf.ARGON2ID, None)
    assert not nettle.kdf_supports(Kdf.PBKDF2, None)
    assert not nettle.kdf_supports(Kdf.PBKDF2, HashAlgorithm.SHA3_256)
    assert not libgcrypt.kdf_supports(Kdf.HKDF, HashAlgorithm.SHA256)
    with pytest.raises(AlgorithmUnavailable, match="the crypto backend nettle has no scrypt"):
        nettle.scrypt(b"key", b"salt", 16, 8, 1, 32)
    with pytest.raises(AlgorithmUnavailable, match="the crypto backend libgcrypt has no hkdf-sha256"):
        libgcrypt.hkdf(HashAlgorithm.SHA256, b"key", b"salt", b"", 32)
