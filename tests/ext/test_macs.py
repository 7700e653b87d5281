from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.decrepit.ciphers import algorithms as old
from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import algorithms
from hypothesis import given, settings
from hypothesis import strategies as st

from iochan.crypto.backend import Backend
from iochan.crypto.names import CipherAlgorithm, HashAlgorithm

RFC_4493_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
RFC_4493_MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
REFERENCES: dict[CipherAlgorithm, Any] = {
    CipherAlgorithm.AES_128: algorithms.AES,
    CipherAlgorithm.AES_192: algorithms.AES,
    CipherAlgorithm.AES_256: algorithms.AES,
    CipherAlgorithm.DES3: old.TripleDES,
}


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_every_bit_of_hmac_is_what_the_standard_library_gives(
    backend: Backend, algorithm: HashAlgorithm
) -> None:
    name = algorithm.replace("-", "_")
    if not backend.hmac_supports(algorithm) or name not in hashlib.algorithms_available:
        pytest.skip(f"{backend.name} or hashlib has no {algorithm}")

    @settings(max_examples=30, deadline=None)
    @given(st.binary(max_size=200), st.binary(max_size=300), st.integers(0, 300))
    def check(key: bytes, data: bytes, cut: int) -> None:
        context = backend.hmac(algorithm, key)
        context.update(data[:cut])
        other = context.copy()
        assert context.digest() == hmac.digest(key, data[:cut], name)
        context.update(bytearray(data[cut:]))
        assert context.digest() == hmac.digest(key, data, name)
        other.update(b"other")
        assert other.digest() == hmac.digest(key, data[:cut] + b"other", name)

    check()


@pytest.mark.parametrize(
    ("length", "mac"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_the_examples_of_rfc_4493_hold(backend: Backend, length: int, mac: str) -> None:
    context = backend.cmac(CipherAlgorithm.AES_128, RFC_4493_KEY)
    context.update(RFC_4493_MESSAGE[:length])
    assert context.digest().hex() == mac


@pytest.mark.parametrize("algorithm", REFERENCES)
def test_every_bit_of_cmac_is_what_cryptography_gives(backend: Backend, algorithm: CipherAlgorithm) -> None:
    assert backend.cmac_supports(algorithm)

    @settings(max_examples=30, deadline=None)
    @given(st.binary(max_size=100), st.integers(0, 100))
    def check(data: bytes, cut: int) -> None:
        key = hashlib.shake_128(data).digest(algorithm.key_length)
        reference = cmac.CMAC(REFERENCES[algorithm](key))
        reference.update(data)
        context = backend.cmac(algorithm, key)
        context.update(data[:cut])
        assert context.digest() == context.digest()
        context.update(memoryview(data)[cut:])
        assert context.digest() == reference.finalize()

    check()


@pytest.mark.parametrize("algorithm", CipherAlgorithm)
def test_nettle_and_libgcrypt_agree(nettle: Backend, libgcrypt: Backend, algorithm: CipherAlgorithm) -> None:
    if not (nettle.cmac_supports(algorithm) and libgcrypt.cmac_supports(algorithm)):
        pytest.skip(f"only one has cmac-{algorithm}")

    @settings(max_examples=10, deadline=None)
    @given(st.lists(st.binary(max_size=40), max_size=4))
    def check(parts: list[bytes]) -> None:
        key = hashlib.shake_128(b"key").digest(algorithm.key_length)
        one, two = nettle.cmac(algorithm, key), libgcrypt.cmac(algorithm, bytearray(key))
        for part in parts:
            one.update(part)
            two.update(part)
        assert one.digest() == two.digest()

    check()


def test_a_copy_goes_its_own_way(backend: Backend) -> None:
    context = backend.cmac(CipherAlgorithm.AES_128, RFC_4493_KEY)
    context.update(RFC_4493_MESSAGE[:16])
    other = context.copy()
    context.update(b"other")
    other.update(RFC_4493_MESSAGE[16:40])
    assert other.digest().hex() == "dfa66747de9ae63030ca32611497c827"
    assert context.digest() != other.digest()
