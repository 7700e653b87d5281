from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import SecretError
from iochan.crypto import Cipher
from iochan.secret import Secret, seal, unseal

KEY = Secret(bytes(range(32)))


@given(st.binary(max_size=70))
def test_what_was_sealed_opens(value: bytes) -> None:
    sealed, iv = seal(Secret(value), KEY)
    assert len(sealed) == len(value) // 16 * 16 + 16
    assert unseal(sealed, iv, KEY) == value


def test_no_two_seals_are_alike() -> None:
    assert seal(Secret(b"x"), KEY) != seal(Secret(b"x"), KEY)


def test_the_master_key_has_32_bytes() -> None:
    with pytest.raises(SecretError, match="the master key has 31 bytes: it must have 32"):
        seal(Secret(b"x"), Secret(bytes(31)))


def test_lengths_are_checked() -> None:
    with pytest.raises(SecretError, match="the vector of a sealed secret has 15 bytes"):
        unseal(bytes(16), bytes(15), KEY)
    for size in (0, 15, 17):
        with pytest.raises(SecretError, match=f"the sealed secret has {size} bytes"):
            unseal(bytes(size), bytes(16), KEY)


@pytest.mark.parametrize(
    "padding", [b"\x00", b"\x11", b"\x01\x02", b"\x03\x03"], ids=lambda value: value.hex()
)
def test_wrong_padding_is_refused_where_qemu_would_take_some_of_it(padding: bytes) -> None:
    cipher = Cipher("aes-256", "cbc", KEY.view())
    sealed = cipher.encrypt(b"\xaa" * (16 - len(padding)) + padding)
    with pytest.raises(SecretError, match="does not open"):
        unseal(sealed, bytes(16), KEY)


def test_another_key_is_told() -> None:
    sealed, iv = seal(Secret(b"the value"), KEY)
    refused = 0
    for number in range(20):
        try:
            refused += unseal(sealed, iv, Secret(bytes([number]) * 32)) == b"\0"
        except SecretError:
            refused += 1
    assert refused >= 18
