from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import CryptoError
from iochan.crypto.afsplit import AfSplitter
from iochan.crypto.errors import LengthError


@given(
    key=st.binary(min_size=1, max_size=150),
    stripes=st.integers(1, 9),
    algorithm=st.sampled_from(["sha1", "sha256"]),
)
def test_what_was_split_joins(key: bytes, stripes: int, algorithm: str) -> None:
    splitter = AfSplitter(algorithm, stripes)
    material = splitter.split(key)
    assert len(material) == stripes * len(key)
    assert splitter.join(material, len(key)) == key


def test_any_lost_bit_loses_the_key() -> None:
    splitter = AfSplitter("sha256", 4000)
    key = b"k" * 32
    material = bytearray(splitter.split(key))
    assert splitter.join(material, 32) == key
    material[2000] ^= 1
    damaged = splitter.join(material, 32)
    assert sum(left != right for left, right in zip(damaged, key, strict=True)) > 16


def test_lengths_are_checked() -> None:
    with pytest.raises(LengthError, match="it must have 5 stripes of 8 bytes"):
        AfSplitter("sha256", 5).join(bytes(41), 8)
    with pytest.raises(CryptoError, match="0 stripes"):
        AfSplitter("sha256", 0)
