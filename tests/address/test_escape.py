"""Percent-encoding carries any byte, and text that stands for none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.address.escape import escape, unescape
from iochan.core.errors import AddressError


@given(st.binary())
def test_any_bytes_come_back(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    assert unescape(escape(text)) == text
    assert escape(text).isascii()


@pytest.mark.parametrize("text", ["%", "%4", "a%zz"])
def test_a_bad_escape_is_refused(text: str) -> None:
    with pytest.raises(AddressError, match="write % itself as %25"):
        unescape(text)


@pytest.mark.parametrize("turn", [escape, unescape])
def test_half_a_character_is_refused(turn: type[str]) -> None:
    with pytest.raises(AddressError, match="half a character"):
        turn("a\ud800")


def test_an_escape_beside_a_raw_byte_makes_one_character() -> None:
    assert unescape("%C3\udca9") == "é"
