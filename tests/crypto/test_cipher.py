from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import CryptoError
from iochan.crypto.cipher import (
    MAX_XTS_SECTOR,
    Cipher,
    block_length,
    cipher_supports,
    iv_length,
    key_length,
)
from iochan.crypto.errors import AlgorithmUnavailable, AuthenticationFailed, LengthError, UnknownAlgorithm
from iochan.crypto.names import CipherAlgorithm, CipherMode

CHAINED = [
    (algorithm, mode)
    for algorithm in CipherAlgorithm
    for mode in (CipherMode.ECB, CipherMode.CBC, CipherMode.CTR, CipherMode.XTS)
    if mode is not CipherMode.XTS or algorithm.block_length == 16
    if cipher_supports(algorithm, mode)
]


def key_for(algorithm: str, mode: str) -> bytes:
    return bytes(range(1, 1 + key_length(algorithm, mode)))


def test_lengths_are_those_of_the_table() -> None:
    assert (key_length("aes-256"), key_length("aes-256", "xts"), block_length("3des")) == (32, 64, 8)
    assert [iv_length("aes-128", mode) for mode in ("ecb", "cbc", "ctr", "xts", "gcm")] == [0, 16, 16, 16, 12]
    assert iv_length("cast5-128", "cbc") == 8


# NIST SP 800-38A, F.1.1, F.2.1 and F.5.1: the first two blocks under AES-128.
NIST_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
NIST_PLAIN = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
NIST = {
    "ecb": ("", "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"),
    "cbc": (
        "000102030405060708090a0b0c0d0e0f",
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
    ),
    "ctr": (
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
    ),
}


@pytest.mark.parametrize("mode", NIST)
def test_published_vectors(mode: str) -> None:
    iv, secret = NIST[mode]
    cipher = Cipher("aes-128", mode, NIST_KEY)
    if iv:
        cipher.set_iv(bytes.fromhex(iv))
    assert cipher.encrypt(NIST_PLAIN).hex() == secret
    assert cipher.decrypt(bytes.fromhex(secret)) == NIST_PLAIN


@pytest.mark.parametrize(("algorithm", "mode"), CHAINED)
def test_what_was_encrypted_comes_back_into_new_bytes_and_in_place(algorithm: str, mode: str) -> None:
    plain = os.urandom(512)
    cipher = Cipher(algorithm, mode, key_for(algorithm, mode))
    secret = cipher.encrypt(plain)
    assert secret != plain
    other = Cipher(algorithm, mode, key_for(algorithm, mode))
    room = bytearray(plain)
    other.encrypt_into(room, room)
    assert room == secret
    other.decrypt_into(room, room)
    assert room == plain
    assert cipher.decrypt(memoryview(secret)) == plain


@pytest.mark.parametrize("size", [16, 4096, 16384, 16400, 1 << 20])
@pytest.mark.parametrize("mode", ["ecb", "cbc", "ctr"])
def test_every_size_fills_its_room_exactly(mode: str, size: int) -> None:
    plain = os.urandom(size)
    secret = Cipher("aes-256", mode, bytes(32)).encrypt(plain)
    room = bytearray(size)
    Cipher("aes-256", mode, bytes(32)).encrypt_into(plain, room)
    assert room == secret
    Cipher("aes-256", mode, bytes(32)).decrypt_into(memoryview(room), room)
    assert room == plain


@given(cuts=st.lists(st.integers(1, 8), min_size=1, max_size=6), data=st.data())
def test_calls_chain_as_one_message(cuts: list[int], data: st.DataObject) -> None:
    mode = data.draw(st.sampled_from(["cbc", "ctr", "ecb"]))
    plain = data.draw(st.binary(min_size=16 * sum(cuts), max_size=16 * sum(cuts)))
    whole = Cipher("aes-128", mode, NIST_KEY).encrypt(plain)
    pieces = Cipher("aes-128", mode, NIST_KEY)
    back = Cipher("aes-128", mode, NIST_KEY)
    secret, start = b"", 0
    for cut in cuts:
        piece = pieces.encrypt(plain[start : start + 16 * cut])
        assert back.decrypt(piece) == plain[start : start + 16 * cut]
        secret += piece
        start += 16 * cut
    assert secret == whole


def test_a_new_vector_starts_both_directions_anew() -> None:
    cipher = Cipher("aes-128", "cbc", NIST_KEY)
    first = cipher.encrypt(NIST_PLAIN)
    assert cipher.encrypt(NIST_PLAIN) != first
    cipher.set_iv(bytes(16))
    assert cipher.encrypt(NIST_PLAIN) == first


@pytest.mark.parametrize("mode", ["cbc", "xts"])
def test_sectors_in_one_call_are_those_one_by_one(mode: str) -> None:
    key = key_for("aes-256", mode)
    plain, ivs = os.urandom(512 * 5), os.urandom(16 * 5)
    cipher = Cipher("aes-256", mode, key)
    room = bytearray(len(plain))
    cipher.encrypt_sectors_into(plain, room, ivs, 512)
    one = Cipher("aes-256", mode, key)
    wanted = b""
    for number in range(5):
        one.set_iv(ivs[16 * number : 16 * number + 16])
        wanted += one.encrypt(plain[512 * number : 512 * number + 512])
    assert room == wanted
    cipher.decrypt_sectors_into(room, room, ivs, 512)
    assert room == plain


def test_gcm_seals_opens_and_tells_a_forgery() -> None:
    # McGrew and Viega, The Galois/Counter Mode of Operation, test case 2.
    cipher = Cipher("aes-128", "gcm", bytes(16))
    cipher.set_iv(bytes(12))
    assert cipher.encrypt(bytes(16)).hex() == "0388dace60b6a392f328c2b971b2fe78"
    tag = cipher.tag()
    assert tag.hex() == "ab6e47d42cec13bdf53a67b21257bddf"
    cipher.set_iv(bytes(12))
    assert cipher.decrypt(bytes.fromhex("0388dace60b6a392f328c2b971b2fe78")) == bytes(16)
    cipher.verify(tag)
    cipher.set_iv(bytes(12))
    cipher.authenticate(b"something else")
    cipher.decrypt(bytes.fromhex("0388dace60b6a392f328c2b971b2fe78"))
    with pytest.raises(AuthenticationFailed, match="tag does not fit"):
        cipher.verify(tag)


def test_gcm_takes_any_length_in_pieces() -> None:
    cipher = Cipher("aes-256", "gcm", bytes(32))
    cipher.set_iv(b"nonce of one")
    cipher.authenticate(b"head")
    secret = cipher.encrypt(b"abc") + cipher.encrypt(b"defgh")
    tag = cipher.tag()
    cipher.set_iv(b"nonce of one")
    cipher.authenticate(b"he")
    cipher.authenticate(b"ad")
    room = bytearray(8)
    cipher.decrypt_into(secret, room)
    cipher.verify(tag)
    assert room == b"abcdefgh"


@pytest.mark.parametrize("way", ["encrypt", "decrypt"])
@pytest.mark.parametrize("backend", ["cryptography", "libgcrypt", "nettle"])
def test_associated_data_is_never_left_out_in_silence(backend: str, way: str) -> None:
    if not cipher_supports("aes-128", "gcm", backend):
        pytest.skip(f"no {backend} here")
    cipher = Cipher("aes-128", "gcm", bytes(16), backend)
    cipher.set_iv(bytes(12))
    getattr(cipher, way)(b"content")
    with pytest.raises(CryptoError):
        cipher.authenticate(b"late")


@pytest.mark.parametrize("backend", ["cryptography", "libgcrypt", "nettle"])
def test_a_sector_of_xts_has_a_largest_size_whoever_does_the_work(backend: str) -> None:
    if not cipher_supports("aes-128", "xts", backend):
        pytest.skip(f"no {backend} here")
    cipher = Cipher("aes-128", "xts", bytes(range(32)), backend)
    memory = bytearray(MAX_XTS_SECTOR + 16)
    calls: tuple[Callable[[], object], ...] = (
        lambda: cipher.encrypt(memory),
        lambda: cipher.decrypt(memory),
        lambda: cipher.encrypt_into(memory, memory),
        lambda: cipher.decrypt_into(memory, memory),
        lambda: cipher.encrypt_sectors_into(memory, memory, bytes(16), len(memory)),
    )
    for call in calls:
        with pytest.raises(LengthError, match="the sector has 16777232 bytes: XTS takes 16777216 at most"):
            call()
    whole = memoryview(memory)[:MAX_XTS_SECTOR]
    cipher.encrypt_into(whole, whole)
    cipher.decrypt_into(whole, whole)
    assert memory == bytes(len(memory))


def test_a_decrypted_message_gets_no_wrong_tag() -> None:
    cipher = Cipher("aes-128", "gcm", bytes(16), "cryptography")
    cipher.set_iv(bytes(12))
    cipher.decrypt(b"content")
    with pytest.raises(CryptoError, match="verify its tag"):
        cipher.tag()


def test_a_gcm_message_needs_a_nonce_of_its_own() -> None:
    cipher = Cipher("aes-128", "gcm", bytes(16))
    with pytest.raises(CryptoError, match="set_iv first"):
        cipher.encrypt(b"x")
    cipher.set_iv(bytes(12))
    cipher.encrypt(b"x")
    cipher.tag()
    with pytest.raises(CryptoError, match="set_iv first"):
        cipher.encrypt(b"x")


@pytest.mark.parametrize(
    ("algorithm", "mode", "size", "wanted"),
    [
        ("aes-128", "cbc", 15, "it must have 16"),
        ("aes-128", "xts", 16, "it must have 32"),
        ("3des", "ecb", 16, "it must have 24"),
    ],
)
def test_a_key_of_the_wrong_length_is_refused(algorithm: str, mode: str, size: int, wanted: str) -> None:
    with pytest.raises(LengthError, match=f"has {size} bytes: {wanted}"):
        Cipher(algorithm, mode, bytes(range(size)))


def test_an_xts_key_of_two_equal_halves_is_refused() -> None:
    with pytest.raises(CryptoError, match="two halves"):
        Cipher("aes-128", "xts", bytes(32))


def test_xts_needs_blocks_of_sixteen_bytes() -> None:
    assert not cipher_supports("cast5-128", "xts")
    with pytest.raises(CryptoError, match="cast5-128 cannot work in xts: its blocks have 8 bytes"):
        Cipher("cast5-128", "xts", bytes(32))


@pytest.mark.parametrize("mode", ["ecb", "cbc", "ctr"])
def test_data_that_is_not_whole_blocks_is_refused(mode: str) -> None:
    cipher = Cipher("aes-128", mode, bytes(16))
    for work in (cipher.encrypt, cipher.decrypt):
        with pytest.raises(LengthError, match="takes whole blocks of 16, pad it"):
            work(b"short")
    with pytest.raises(LengthError, match="room for the result has 15 bytes: it must have 16"):
        cipher.encrypt_into(bytes(16), bytearray(15))


def test_vectors_are_checked() -> None:
    with pytest.raises(LengthError, match="ECB takes none"):
        Cipher("aes-128", "ecb", bytes(16)).set_iv(bytes(16))
    with pytest.raises(LengthError, match="the vector has 8 bytes: it must have 16"):
        Cipher("aes-128", "cbc", bytes(16)).set_iv(bytes(8))
    with pytest.raises(LengthError, match="the nonce has 7 bytes"):
        Cipher("aes-128", "gcm", bytes(16)).set_iv(bytes(7))


def test_sector_calls_check_every_length() -> None:
    cipher = Cipher("aes-128", "cbc", bytes(16))
    room = bytearray(1024)
    with pytest.raises(CryptoError, match="sectors of 500 bytes"):
        cipher.encrypt_sectors_into(room, room, bytes(32), 500)
    with pytest.raises(LengthError, match="whole sectors of 512"):
        cipher.encrypt_sectors_into(room[:1000], room, bytes(32), 512)
    with pytest.raises(LengthError, match="there must be 32"):
        cipher.decrypt_sectors_into(room, room, bytes(16), 512)
    with pytest.raises(LengthError, match="room for the result"):
        cipher.encrypt_sectors_into(room, room[:512], bytes(32), 512)


def test_unknown_names_list_what_is_known() -> None:
    with pytest.raises(UnknownAlgorithm, match=r"unknown cipher 'aes-257' \(known: .*did you mean 'aes-256'"):
        Cipher("aes-257", "cbc", bytes(32))
    with pytest.raises(UnknownAlgorithm, match="unknown cipher mode 'cfb'"):
        cipher_supports("aes-256", "cfb")
    with pytest.raises(UnknownAlgorithm, match="unknown crypto backend 'rot13'"):
        Cipher("aes-256", "cbc", bytes(32), backend="rot13")


def test_a_backend_that_lacks_it_says_who_would() -> None:
    assert not cipher_supports("aes-128", "cbc", "hashlib")
    with pytest.raises(AlgorithmUnavailable, match=r"hashlib has no aes-128-cbc: cryptography.* would"):
        Cipher("aes-128", "cbc", bytes(16), backend="hashlib")


def test_only_gcm_has_tags() -> None:
    with pytest.raises(CryptoError, match="use the mode gcm"):
        Cipher("aes-128", "cbc", bytes(16)).tag()
    cipher = Cipher("aes-128", "gcm", bytes(16))
    cipher.set_iv(bytes(12))
    with pytest.raises(LengthError, match="the tag has 4 bytes"):
        cipher.verify(b"1234")


def test_a_repr_shows_no_key() -> None:
    assert repr(Cipher("aes-128", "cbc", b"sixteen secrets!", "cryptography")) == (
        "<Cipher aes-128-cbc by cryptography>"
    )


@pytest.mark.parametrize("who", ["cryptography", "libgcrypt", "nettle"])
def test_a_gcm_message_goes_one_way(who: str) -> None:
    cipher = Cipher("aes-256", "gcm", bytes(range(32)), who)
    cipher.set_iv(bytes(12))
    secret = cipher.encrypt(b"abc")
    with pytest.raises(CryptoError, match="this GCM message was encrypted: set_iv begins another"):
        cipher.decrypt(secret)
    with pytest.raises(CryptoError, match="was encrypted"):
        cipher.verify(bytes(16))
    cipher.set_iv(bytes(12))
    assert cipher.decrypt(secret) == b"abc"
    with pytest.raises(CryptoError, match="was decrypted"):
        cipher.encrypt(b"x")
    with pytest.raises(CryptoError, match="was decrypted"):
        cipher.tag()
