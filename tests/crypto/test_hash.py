from __future__ import annotations

import array
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.crypto.errors import UnknownAlgorithm
from iochan.crypto.hash import Hash, digest_length, hash_base64, hash_bytes, hash_hex, hash_supports
from iochan.crypto.names import HashAlgorithm

# RFC 1321, RFC 3174, FIPS 180-4 and 202, RFC 7693, the RIPEMD-160 paper and GB/T 32905: the message "abc".
# ruff: noqa: E501 - digests are as long as they are
ABC = {
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha224": "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "sha512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "sha3-256": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    "ripemd160": "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
    "sm3": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    "blake2b": "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
    "blake2s": "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
}
HERE = [algorithm for algorithm in HashAlgorithm if hash_supports(algorithm)]


@pytest.mark.parametrize("algorithm", ABC)
def test_published_vectors(algorithm: str) -> None:
    assert hash_supports(algorithm), f"no backend here has {algorithm}"
    assert hash_hex(algorithm, b"abc") == ABC[algorithm]
    assert hash_hex(algorithm, [b"a", bytearray(b"b"), memoryview(b"c")]) == ABC[algorithm]


PAIRS = [(one, who) for one in HERE for who in ("hashlib", "cryptography") if hash_supports(one, who)]


@pytest.mark.parametrize(("algorithm", "backend"), PAIRS)
def test_both_backends_agree_and_pieces_make_the_whole(algorithm: str, backend: str) -> None:
    message = bytes(range(256)) * 3
    context = Hash(algorithm, backend)
    for start in range(0, len(message), 100):
        context.update(message[start : start + 100])
    assert context.digest() == hash_bytes(algorithm, message) == hash_bytes(algorithm, message, backend)
    assert len(context.digest()) == digest_length(algorithm)


@given(message=st.binary(max_size=300))
def test_the_texts_are_hexadecimal_and_base64(message: bytes) -> None:
    assert hash_hex("sha256", message) == hashlib.sha256(message).hexdigest()
    context = Hash("sha256")
    context.update(message)
    assert context.hexdigest() == hash_hex("sha256", message)
    assert context.base64() == hash_base64("sha256", message)


def test_a_copy_goes_its_own_way_and_a_digest_ends_nothing() -> None:
    context = Hash("sha1")
    context.update(b"a")
    twin = context.copy()
    twin.update(b" else")
    context.digest()
    context.update(b"bc")
    assert context.hexdigest() == ABC["sha1"]
    assert twin.hexdigest() == hash_hex("sha1", b"a else")


def test_any_buffer_will_do() -> None:
    assert hash_bytes("md5", array.array("B", b"abc")) == hash_bytes("md5", b"abc")


def test_an_unknown_name_lists_what_is_known() -> None:
    with pytest.raises(UnknownAlgorithm, match=r"unknown hash 'sha255' .*did you mean 'sha25?[0-9]+'"):
        Hash("sha255")


def test_a_repr_tells_who_does_the_work() -> None:
    assert repr(Hash("sha256", "hashlib")) == "<Hash sha256 by hashlib>"
