from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from iochan.core.errors import CryptoError
from iochan.crypto.backend import AeadContext, Backend
from iochan.crypto.names import CipherAlgorithm, CipherMode


def gcm(backend: Backend, algorithm: CipherAlgorithm, key: bytes) -> AeadContext:
    if not backend.cipher_supports(algorithm, CipherMode.GCM):
        pytest.skip(f"{backend.name} has no {algorithm}-gcm")
    context = backend.cipher(algorithm, CipherMode.GCM, key)
    assert isinstance(context, AeadContext)
    return context


def pieces(data: bytes, lengths: list[int]) -> list[bytes]:
    """Cut *data* into pieces of *lengths*, and what is left."""
    cut = []
    for length in lengths:
        cut.append(data[:length])
        data = data[length:]
    return [*cut, data]


def sealed(context: AeadContext, nonce: bytes, header: list[bytes], parts: list[bytes]) -> bytes:
    context.set_iv(nonce)
    for part in header:
        context.authenticate(part)
    result = b""
    for part in parts:
        out = bytearray(len(part))
        context.encrypt_into(part, out)
        result += out
    return result + context.tag()


def opened(context: AeadContext, nonce: bytes, header: bytes, parts: list[bytes]) -> tuple[bytes, bytes]:
    context.set_iv(nonce)
    context.authenticate(header)
    result = b""
    for part in parts:
        memory = bytearray(part)
        context.decrypt_into(memory, memory)
        result += memory
    return result, context.tag()


MESSAGE = st.tuples(
    st.binary(min_size=8, max_size=40),
    st.binary(max_size=50),
    st.binary(max_size=150),
    st.lists(st.integers(0, 40), max_size=6),
)


@pytest.mark.parametrize(
    "algorithm", [CipherAlgorithm.AES_128, CipherAlgorithm.AES_192, CipherAlgorithm.AES_256]
)
def test_pieces_of_any_length_are_one_message(backend: Backend, algorithm: CipherAlgorithm) -> None:
    key = hashlib.shake_128(b"key").digest(algorithm.key_length)
    context, reference = gcm(backend, algorithm, key), AESGCM(key)

    @settings(max_examples=60, deadline=None)
    @given(MESSAGE)
    def check(message: tuple[bytes, bytes, bytes, list[int]]) -> None:
        nonce, header, data, lengths = message
        whole = reference.encrypt(nonce, data, header)
        assert sealed(context, nonce, pieces(header, lengths), pieces(data, lengths)) == whole
        assert opened(context, nonce, header, pieces(whole[:-16], lengths)) == (data, whole[-16:])

    check()


@pytest.mark.parametrize("algorithm", [a for a in CipherAlgorithm if a.block_length == 16])
def test_nettle_and_libgcrypt_agree(nettle: Backend, libgcrypt: Backend, algorithm: CipherAlgorithm) -> None:
    key = hashlib.shake_128(b"key").digest(algorithm.key_length)
    one, two = gcm(nettle, algorithm, key), gcm(libgcrypt, algorithm, key)

    @settings(max_examples=15, deadline=None)
    @given(MESSAGE)
    def check(message: tuple[bytes, bytes, bytes, list[int]]) -> None:
        nonce, header, data, lengths = message
        whole = sealed(one, nonce, [header], pieces(data, lengths))
        assert sealed(two, nonce, pieces(header, lengths), [data]) == whole
        assert opened(two, nonce, header, [whole[:-16]]) == (data, whole[-16:])

    check()


def test_the_published_vector_holds(backend: Backend) -> None:
    """McGrew and Viega, The Galois/Counter Mode of Operation, appendix B, test case 4."""
    context = gcm(backend, CipherAlgorithm.AES_128, bytes.fromhex("feffe9928665731c6d6a8f9467308308"))
    header = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    data = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    assert sealed(context, bytes.fromhex("cafebabefacedbaddecaf888"), [header], [data]).hex() == (
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
        "5bc94fbc3221a5db94fae95ae7121a47"
    )


def test_a_message_of_nothing_has_a_tag(backend: Backend) -> None:
    context = gcm(backend, CipherAlgorithm.AES_128, bytes(16))
    assert sealed(context, bytes(12), [], []) == AESGCM(bytes(16)).encrypt(bytes(12), b"", b"")
    assert sealed(context, bytes(12), [b"a"], []) == AESGCM(bytes(16)).encrypt(bytes(12), b"", b"a")


def test_associated_data_after_the_first_byte_is_refused(backend: Backend) -> None:
    context = gcm(backend, CipherAlgorithm.AES_128, bytes(16))
    context.encrypt_into(b"abc", bytearray(3))
    with pytest.raises(CryptoError):
        context.authenticate(b"late")


def test_after_the_tag_comes_a_new_nonce(nettle: Backend) -> None:
    context = gcm(nettle, CipherAlgorithm.AES_128, bytes(16))
    context.encrypt_into(b"abc", bytearray(3))
    context.tag()
    with pytest.raises(CryptoError, match="the message has its tag already: set a new nonce first"):
        context.encrypt_into(b"abc", bytearray(3))
    with pytest.raises(CryptoError, match="the message has its tag already"):
        context.tag()
    assert sealed(context, bytes(12), [], [b"abc"]) == AESGCM(bytes(16)).encrypt(bytes(12), b"abc", b"")
