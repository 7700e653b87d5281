from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.crypto.eax import Eax
from iochan.crypto.errors import AuthenticationFailed, LengthError

VECTORS = [  # the paper's: message, key, nonce, header, what comes out
    (
        "", "233952DEE4D5ED5F9B9C6D6FF80FF478", "62EC67F9C3A4A407FCB2A8C49031A8B3", "6BFB914FD07EAE6B",
        "E037830E8389F27B025A2D6527E79D01",
    ),
    (
        "F7FB", "91945D3F4DCBEE0BF45EF52255F095A4", "BECAF043B0A23D843194BA972C66DEBD", "FA3BFD4806EB53FA",
        "19DD5C4C9331049D0BDAB0277408F67967E5",
    ),
    (
        "1A47CB4933", "01F74AD64077F2E704C0F60ADA3DD523", "70C3DB4F0D26368400A10ED05D2BFF5E",
        "234A3463C1264AC6", "D851D5BAE03A59F238A23E39199DC9266626C40F80",
    ),
]  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS)
def test_the_vectors_of_the_paper(vector: tuple[str, ...]) -> None:
    plain, key, nonce, header, secret = map(bytes.fromhex, vector)
    eax = Eax("aes-128", key)
    assert eax.encrypt(nonce, plain, header) == secret
    assert eax.decrypt(nonce, secret, header) == plain


@given(st.binary(max_size=100), st.sampled_from(["aes-128", "aes-256"]), st.binary(max_size=20))
def test_libgcrypt_makes_the_same_of_it(data: bytes, algorithm: str, header: bytes) -> None:
    key = bytes(range(16 if algorithm == "aes-128" else 32))
    nonce = bytes(range(16))
    assert Eax(algorithm, key).encrypt(nonce, data, header) == by_libgcrypt(
        algorithm, key, nonce, data, header
    )


def by_libgcrypt(algorithm: str, key: bytes, nonce: bytes, data: bytes, header: bytes) -> bytes:
    gcrypt = ctypes.CDLL("libgcrypt.so.20")
    gcrypt.gcry_check_version(None)
    handle = ctypes.c_void_p()
    size = ctypes.c_size_t
    number, eax = (7 if algorithm == "aes-128" else 9), 14
    assert gcrypt.gcry_cipher_open(ctypes.byref(handle), number, eax, 0) == 0
    assert gcrypt.gcry_cipher_setkey(handle, key, size(len(key))) == 0
    assert gcrypt.gcry_cipher_setiv(handle, nonce, size(len(nonce))) == 0
    assert gcrypt.gcry_cipher_authenticate(handle, header, size(len(header))) == 0
    out, tag = ctypes.create_string_buffer(len(data) or 1), ctypes.create_string_buffer(16)
    assert gcrypt.gcry_cipher_encrypt(handle, out, size(len(data)), data, size(len(data))) == 0
    assert gcrypt.gcry_cipher_gettag(handle, tag, size(16)) == 0
    gcrypt.gcry_cipher_close(handle)
    return out.raw[: len(data)] + tag.raw


@pytest.mark.parametrize("place", [0, 5, 20])
def test_a_changed_bit_is_seen(place: int) -> None:
    eax = Eax("aes-256", bytes(32))
    secret = bytearray(eax.encrypt(b"n", b"words", b"head"))
    secret[place] ^= 1
    with pytest.raises(AuthenticationFailed, match="the EAX tag does not fit"):
        eax.decrypt(b"n", secret, b"head")


@pytest.mark.parametrize(("nonce", "header"), [(b"m", b"head"), (b"n", b"heap")])
def test_another_nonce_or_header_is_seen(nonce: bytes, header: bytes) -> None:
    eax = Eax("aes-128", bytes(16))
    secret = eax.encrypt(b"n", b"words", b"head")
    with pytest.raises(AuthenticationFailed):
        eax.decrypt(nonce, secret, header)


def test_what_is_shorter_than_a_tag_is_refused() -> None:
    with pytest.raises(AuthenticationFailed):
        Eax("aes-128", bytes(16)).decrypt(b"n", b"short")


def test_ciphers_with_short_blocks_are_refused() -> None:
    with pytest.raises(LengthError, match="a block of 3des has 8 bytes: EAX takes those with 16"):
        Eax("3des", bytes(range(24)))
