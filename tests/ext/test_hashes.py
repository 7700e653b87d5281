from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iochan.crypto.backend import Backend
from iochan.crypto.names import HashAlgorithm


def supported(backend: Backend, algorithm: HashAlgorithm) -> str:
    """Return hashlib's name."""
    if not backend.hash_supports(algorithm):
        pytest.skip(f"{backend.name} has no {algorithm}")
    name = algorithm.replace("-", "_")
    if name not in hashlib.algorithms_available:
        pytest.skip(f"hashlib has no {name}")
    return name


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_every_bit_is_what_hashlib_gives(backend: Backend, algorithm: HashAlgorithm) -> None:
    name = supported(backend, algorithm)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.binary(max_size=300), max_size=4))
    def check(parts: list[bytes]) -> None:
        expected = hashlib.new(name, b"".join(parts)).digest()
        context = backend.hash(algorithm)
        for part in parts:
            context.update(memoryview(part))
        assert context.digest() == expected
        assert backend.digester(algorithm)(b"".join(parts)) == expected
        assert backend.digester(algorithm)(bytearray(b"".join(parts))) == expected

    check()


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_more_may_follow_a_digest_and_a_copy_goes_its_own_way(
    backend: Backend, algorithm: HashAlgorithm
) -> None:
    name = supported(backend, algorithm)
    context = backend.hash(algorithm)
    context.update(b"one")
    other = context.copy()
    assert context.digest() == context.digest() == hashlib.new(name, b"one").digest()
    context.update(b"two")
    other.update(b"three")
    assert context.digest() == hashlib.new(name, b"onetwo").digest()
    assert other.digest() == hashlib.new(name, b"onethree").digest()


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        # FIPS 180-4 and FIPS 202 examples, GB/T 32905 appendix A, the RIPEMD-160 paper: each of "abc"
        (HashAlgorithm.SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (HashAlgorithm.SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (HashAlgorithm.SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        (HashAlgorithm.SM3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (HashAlgorithm.RIPEMD160, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        (HashAlgorithm.MD5, "900150983cd24fb0d6963f7d28e17f72"),
    ],
)
def test_published_vectors_hold(backend: Backend, algorithm: HashAlgorithm, digest: str) -> None:
    assert backend.digester(algorithm)(b"abc").hex() == digest


def test_libgcrypt_has_blake2_and_nettle_has_not(nettle: Backend, libgcrypt: Backend) -> None:
    for algorithm in (HashAlgorithm.BLAKE2B, HashAlgorithm.BLAKE2S):
        assert libgcrypt.hash_supports(algorithm)
        assert not nettle.hash_supports(algorithm)
