from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.crypto.der import OCTET_STRING, DerError, DerReader, encode, encode_integer


@given(st.integers(0, 1 << 3000))
def test_integers_come_back(number: int) -> None:
    reader = DerReader(encode_integer(number))
    assert reader.integer() == number
    reader.end()


@given(st.lists(st.binary(max_size=70_000), max_size=3))
def test_values_of_any_length_come_back(contents: list[bytes]) -> None:
    reader = DerReader(b"".join(encode(OCTET_STRING, content) for content in contents))
    assert [bytes(reader.value(OCTET_STRING)) for _ in contents] == contents
    assert reader.left == 0


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    reader = DerReader(data)
    try:
        number = reader.integer()
    except DerError:
        assert not data.startswith(b"\x02\x01\x05")
    else:
        assert data.startswith(encode_integer(number))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x04", "where a length should be"),
        (b"\x04\x80", "a length of 0 bytes"),
        (b"\x04\x82\x01", "a length of 2 bytes"),
        (b"\x04\x81\x05abcde", "needless bytes"),
        (b"\x04\x03ab", "a value of 3 bytes at byte 0, and 2 are left"),
    ],
)
def test_bad_lengths_are_told_by_place(data: bytes, message: str) -> None:
    with pytest.raises(DerError, match=message):
        DerReader(data).value(OCTET_STRING)


def test_needless_zeros_are_refused() -> None:
    with pytest.raises(DerError, match="needless zeros"):
        DerReader(b"\x02\x02\x00\x01").integer()
