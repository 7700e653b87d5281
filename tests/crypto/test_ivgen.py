from __future__ import annotations

import pytest

from iochan.core.errors import CryptoError
from iochan.crypto.cipher import Cipher
from iochan.crypto.errors import UnknownAlgorithm
from iochan.crypto.hash import hash_bytes
from iochan.crypto.ivgen import IvGenerator, essiv_cipher

SECTORS = (1, 0x1F2E3D4C, 0x1F2E3D4C5B6A7988)


@pytest.mark.parametrize("sector", SECTORS)
def test_plain_keeps_32_bits_and_plain64_all(sector: int) -> None:
    assert IvGenerator("plain", 16).iv(sector) == (sector & 0xFFFFFFFF).to_bytes(16, "little")
    assert IvGenerator("plain64", 16).iv(sector) == sector.to_bytes(16, "little")


@pytest.mark.parametrize("sector", SECTORS)
def test_essiv_encrypts_the_number_under_the_keys_digest(sector: int) -> None:
    key = bytes(range(32))
    generator = IvGenerator("essiv", 16, key, "aes-256", "sha256")
    cipher = Cipher("aes-256", "ecb", hash_bytes("sha256", key))
    assert generator.iv(sector) == cipher.encrypt(sector.to_bytes(16, "little"))


@pytest.mark.parametrize("algorithm", ["plain", "plain64", "essiv"])
def test_many_at_once_are_those_one_by_one(algorithm: str) -> None:
    rest = (b"k" * 32, "aes-256", "sha256") if algorithm == "essiv" else ()
    generator = IvGenerator(algorithm, 16, *rest)
    first = (1 << 32) - 2
    assert generator.ivs(first, 4) == b"".join(generator.iv(first + number) for number in range(4))


def test_a_shorter_vector_is_cut() -> None:
    whole = IvGenerator("essiv", 16, b"k", "aes-256", "sha256").ivs(7, 2)
    assert IvGenerator("essiv", 8, b"k", "aes-256", "sha256").ivs(7, 2) == whole[:8] + whole[16:24]


def test_essiv_takes_the_cipher_whose_key_is_as_long_as_the_digest() -> None:
    assert essiv_cipher("aes-128", "sha256") == "aes-256"
    assert essiv_cipher("serpent-256", "sha256") == "serpent-256"
    assert essiv_cipher("aes-128", "md5") == "aes-128"
    with pytest.raises(CryptoError, match="keys of 64 bytes: none has"):
        essiv_cipher("aes-256", "sha512")


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(CryptoError, match="plain64 takes no hash"):
        IvGenerator("plain64", 16, hash_algorithm="sha256")
    with pytest.raises(CryptoError, match="essiv needs a cipher and a hash"):
        IvGenerator("essiv", 16, b"key", "aes-256")
    with pytest.raises(UnknownAlgorithm, match=r"unknown vector generator 'plain32' .*did you mean 'plain"):
        IvGenerator("plain32", 16)
