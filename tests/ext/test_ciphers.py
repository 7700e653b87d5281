from __future__ import annotations

import hashlib
from itertools import product
from typing import Any

import pytest
from cryptography.hazmat.decrepit.ciphers import algorithms as old
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from iochan.crypto.backend import Backend, CipherContext
from iochan.crypto.names import CipherAlgorithm, CipherMode, named

CHAINED = [mode for mode in CipherMode if mode is not CipherMode.GCM]
VECTORS = [
    # FIPS 197, appendix C
    ("aes-128", "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
     "69c4e0d86a7b0430d8cdb78070b4c55a"),
    ("aes-192", "000102030405060708090a0b0c0d0e0f1011121314151617", "00112233445566778899aabbccddeeff",
     "dda97ca4864cdfe06eaf70a0ec0d7191"),
    ("aes-256", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "00112233445566778899aabbccddeeff", "8ea2b7ca516745bfeafc49904b496089"),
    # RFC 3713, appendix A
    ("camellia-128", "0123456789abcdeffedcba9876543210", "0123456789abcdeffedcba9876543210",
     "67673138549669730857065648eabe43"),
    ("camellia-192", "0123456789abcdeffedcba98765432100011223344556677", "0123456789abcdeffedcba9876543210",
     "b4993401b3e996f84ee5cee7d79b09b9"),
    ("camellia-256", "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
     "0123456789abcdeffedcba9876543210", "9acc237dff16d76c20ef7c919e3a7509"),
    # RFC 2144, appendix B.1
    ("cast5-128", "0123456712345678234567893456789a", "0123456789abcdef", "238b4fe5847e44b2"),
    # FIPS 46-3 as NBS Special Publication 500-20 tests it; a weak key, as VNC's empty password is
    ("des", "133457799bbcdff1", "0123456789abcdef", "85e813540f0ab405"),
    ("des", "0000000000000000", "0000000000000000", "8ca64de9c1b123a7"),
    ("3des", "00" * 24, "0000000000000000", "8ca64de9c1b123a7"),
    # GB/T 32907, appendix A
    ("sm4", "0123456789abcdeffedcba9876543210", "0123456789abcdeffedcba9876543210",
     "681edf34d206965e86b3e94f536e4246"),
    # NESSIE, set 1, vector 0
    ("serpent-128", "80" + "00" * 15, "00" * 16, "264e5481eff42a4606abda06c0bfda3d"),
    ("serpent-192", "80" + "00" * 23, "00" * 16, "9e274ead9b737bb21efcfca548602689"),
    ("serpent-256", "80" + "00" * 31, "00" * 16, "a223aa1288463c0e2be38ebd825616c0"),
    # The Twofish paper, appendix A
    ("twofish-128", "00" * 16, "00" * 16, "9f589f5cf6122c32b6bfec2f2ae8c35a"),
    ("twofish-192", "0123456789abcdeffedcba98765432100011223344556677", "00" * 16,
     "cfd1d2e5a9be9cdf501f13b892bd2248"),
    ("twofish-256", "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff", "00" * 16,
     "37527be0052334b89f0cfccae87cfa20"),
]  # fmt: skip


def key_for(algorithm: CipherAlgorithm, mode: CipherMode, seed: bytes = b"key") -> bytes:
    length = algorithm.key_length * (2 if mode is CipherMode.XTS else 1)
    return hashlib.shake_128(seed).digest(length)


def supported(backend: Backend, algorithm: CipherAlgorithm, mode: CipherMode) -> None:
    if not backend.cipher_supports(algorithm, mode):
        pytest.skip(f"{backend.name} has no {algorithm}-{mode}")


def encrypted(context: CipherContext, data: bytes) -> bytes:
    out = bytearray(len(data))
    context.encrypt_into(data, out)
    return bytes(out)


def decrypted(context: CipherContext, data: bytes) -> bytes:
    out = bytearray(len(data))
    context.decrypt_into(data, out)
    return bytes(out)


def reference(algorithm: CipherAlgorithm, mode: CipherMode, key: bytes, iv: bytes) -> Any:
    kind, _, _ = algorithm.partition("-")
    if kind == "des":
        kind, key = "3des", key * 3
    ciphers: dict[str, Any] = {
        "aes": algorithms.AES,
        "camellia": old.Camellia,
        "cast5": old.CAST5,
        "3des": old.TripleDES,
        "sm4": algorithms.SM4,
    }
    chaining: dict[CipherMode, Any] = {
        CipherMode.CBC: modes.CBC,
        CipherMode.CTR: modes.CTR,
        CipherMode.XTS: modes.XTS,
    }
    made: Any = modes.ECB
    return Cipher(ciphers[kind](key), chaining[mode](iv) if mode in chaining else made())


def has_reference(algorithm: CipherAlgorithm, mode: CipherMode) -> bool:
    if algorithm.startswith(("serpent", "twofish")):
        return False
    if mode is CipherMode.CTR:
        return algorithm.startswith(("aes", "sm4"))
    return mode is not CipherMode.XTS or algorithm in {CipherAlgorithm.AES_128, CipherAlgorithm.AES_256}


@st.composite
def messages(draw: st.DrawFn, block: int) -> tuple[bytes, bytes, int]:
    """Return a vector, whole blocks, and where to cut them."""
    count = draw(st.integers(1, 9))
    data = draw(st.binary(min_size=count * block, max_size=count * block))
    return draw(st.binary(min_size=block, max_size=block)), data, draw(st.integers(0, count)) * block


@pytest.mark.parametrize(("name", "key", "plain", "cipher"), VECTORS)
def test_published_vectors_hold(backend: Backend, name: str, key: str, plain: str, cipher: str) -> None:
    algorithm = named(CipherAlgorithm, name)
    supported(backend, algorithm, CipherMode.ECB)
    context = backend.cipher(algorithm, CipherMode.ECB, bytes.fromhex(key))
    assert encrypted(context, bytes.fromhex(plain)).hex() == cipher
    assert decrypted(context, bytes.fromhex(cipher)).hex() == plain


@pytest.mark.parametrize(
    ("algorithm", "mode"), [pair for pair in product(CipherAlgorithm, CHAINED) if has_reference(*pair)]
)
def test_every_bit_is_what_cryptography_gives(
    backend: Backend, algorithm: CipherAlgorithm, mode: CipherMode
) -> None:
    supported(backend, algorithm, mode)

    @settings(max_examples=15, deadline=None)
    @given(messages(algorithm.block_length), st.binary(max_size=8))
    def check(message: tuple[bytes, bytes, int], seed: bytes) -> None:
        iv, data, _ = message
        if mode is CipherMode.XTS:
            data += bytes(16)
        key = key_for(algorithm, mode, seed)
        context = backend.cipher(algorithm, mode, bytearray(key))
        if mode is not CipherMode.ECB:
            context.set_iv(iv)
        expected = reference(algorithm, mode, key, iv).encryptor().update(data)
        assert encrypted(context, data) == expected
        assert decrypted(context, expected) == data

    check()


@pytest.mark.parametrize("mode", CHAINED)
@pytest.mark.parametrize("algorithm", CipherAlgorithm)
def test_nettle_and_libgcrypt_agree(
    nettle: Backend, libgcrypt: Backend, algorithm: CipherAlgorithm, mode: CipherMode
) -> None:
    supported(nettle, algorithm, mode)
    supported(libgcrypt, algorithm, mode)

    @settings(max_examples=15, deadline=None)
    @given(messages(algorithm.block_length), st.binary(max_size=8))
    def check(message: tuple[bytes, bytes, int], seed: bytes) -> None:
        iv, data, cut = message
        key = key_for(algorithm, mode, seed)
        contexts = [backend.cipher(algorithm, mode, key) for backend in (nettle, libgcrypt)]
        if mode is not CipherMode.ECB:
            for context in contexts:
                context.set_iv(iv)
        one, two = ([encrypted(c, data[:cut]), encrypted(c, data[cut:])] for c in contexts)
        assert one == two
        assert [decrypted(contexts[1], part) for part in one] == [data[:cut], data[cut:]]
        assert [decrypted(contexts[0], part) for part in one] == [data[:cut], data[cut:]]

    check()


@pytest.mark.parametrize("mode", [CipherMode.CBC, CipherMode.CTR])
@pytest.mark.parametrize("algorithm", ["aes-256", "3des", "twofish-256"])
def test_each_direction_chains_on_its_own(backend: Backend, algorithm: str, mode: CipherMode) -> None:
    name = named(CipherAlgorithm, algorithm)
    context = backend.cipher(name, mode, key_for(name, mode))
    context.set_iv(bytes(range(name.block_length)))
    data = hashlib.shake_128(b"data").digest(96)
    whole = encrypted(context, data)
    context.set_iv(bytes(range(name.block_length)))
    sealed = plain = b""
    for start in range(0, 96, 32):
        sealed += encrypted(context, data[start : start + 32])
        plain += decrypted(context, sealed[start : start + 32])
    assert (sealed, plain) == (whole, data)


@pytest.mark.parametrize("mode", CHAINED)
def test_the_output_may_be_the_input(backend: Backend, mode: CipherMode) -> None:
    key = key_for(CipherAlgorithm.AES_128, mode)
    data = hashlib.shake_128(b"data").digest(4096)
    context = backend.cipher(CipherAlgorithm.AES_128, mode, key)
    expected, memory = encrypted(context, data), bytearray(data)
    context = backend.cipher(CipherAlgorithm.AES_128, mode, key)
    context.encrypt_into(memory, memory)
    assert memory == expected
    context.decrypt_into(memoryview(memory), memory)
    assert memory == data
    memory.append(0)  # nothing holds the caller's buffer any more


@pytest.mark.parametrize("mode", [CipherMode.CBC, CipherMode.CTR, CipherMode.XTS])
def test_a_vector_is_zero_until_it_is_set(backend: Backend, mode: CipherMode) -> None:
    key = key_for(CipherAlgorithm.AES_128, mode)
    fresh, set_to_zero = (backend.cipher(CipherAlgorithm.AES_128, mode, key) for _ in range(2))
    set_to_zero.set_iv(bytes(16))
    assert encrypted(fresh, bytes(32)) == encrypted(set_to_zero, bytes(32))


def test_each_call_in_xts_is_one_sector_from_the_vector(backend: Backend) -> None:
    context = backend.cipher(CipherAlgorithm.AES_128, CipherMode.XTS, bytes(range(32)))
    context.set_iv(bytes(range(16)))
    first = encrypted(context, bytes(512))
    assert encrypted(context, bytes(512)) == first
    assert decrypted(context, first) == bytes(512)
    assert decrypted(context, first) == bytes(512)


@pytest.mark.parametrize("mode", CHAINED)
def test_nothing_is_encrypted_to_nothing(backend: Backend, mode: CipherMode) -> None:
    context = backend.cipher(CipherAlgorithm.AES_128, mode, key_for(CipherAlgorithm.AES_128, mode))
    assert encrypted(context, b"") == b""
    assert decrypted(context, b"") == b""


@pytest.mark.parametrize("mode", CHAINED)
def test_memory_that_is_read_only_is_no_output(backend: Backend, mode: CipherMode) -> None:
    context = backend.cipher(CipherAlgorithm.AES_128, mode, key_for(CipherAlgorithm.AES_128, mode))
    data = bytes(16)
    with pytest.raises(BufferError):
        context.encrypt_into(data, data)
    with pytest.raises(BufferError):
        context.decrypt_into(data, memoryview(data))
    assert data == bytes(16)


@pytest.mark.parametrize("mode", [CipherMode.CBC, CipherMode.CTR, CipherMode.XTS])
@pytest.mark.parametrize("algorithm", ["aes-256", "serpent-128", "camellia-128"])
def test_many_sectors_are_as_each_for_itself(backend: Backend, algorithm: str, mode: CipherMode) -> None:
    name = named(CipherAlgorithm, algorithm)
    context = backend.cipher(name, mode, key_for(name, mode))
    data = hashlib.shake_128(b"data").digest(8 * 512)
    ivs = b"".join(number.to_bytes(16, "little") for number in range(250, 258))
    expected, together = bytearray(len(data)), bytearray(len(data))
    CipherContext.encrypt_sectors_into(context, data, expected, ivs, 512)
    context.encrypt_sectors_into(data, together, ivs, 512)
    assert together == expected
    context.decrypt_sectors_into(together, together, memoryview(ivs), 512)
    assert together == data
    CipherContext.decrypt_sectors_into(context, expected, expected, ivs, 512)
    assert expected == data


@pytest.mark.parametrize("mode", [CipherMode.XTS, CipherMode.GCM])
@pytest.mark.parametrize("algorithm", ["des", "3des", "cast5-128"])
def test_what_needs_blocks_of_16_bytes_is_refused_to_others(
    backend: Backend, algorithm: str, mode: CipherMode
) -> None:
    assert not backend.cipher_supports(named(CipherAlgorithm, algorithm), mode)
    assert backend.cipher_supports(named(CipherAlgorithm, algorithm), CipherMode.CBC)


def test_only_nettle_has_twofish_with_192_bits(nettle: Backend, libgcrypt: Backend) -> None:
    assert nettle.cipher_supports(CipherAlgorithm.TWOFISH_192, CipherMode.ECB)
    assert not libgcrypt.cipher_supports(CipherAlgorithm.TWOFISH_192, CipherMode.ECB)
