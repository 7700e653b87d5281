"""The console's font is read from a PC Screen Font file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.vnc.console.font import Font, console_font


def test_the_package_has_letters_lines_and_a_stand_in() -> None:
    font = console_font()
    assert (font.width, font.height) == (8, 16)
    assert all(character in font for character in "Aä€│─┼█→")
    assert not font.picture(" ").any()
    assert font.picture("│").any(axis=1).all()
    assert np.array_equal(font.picture("\U0001f600"), font.picture("\N{REPLACEMENT CHARACTER}"))


@pytest.mark.parametrize("data", [b"", b"\x36\x04\x02\x00", b"\x72\xb5\x4a\x86" * 9, b"\x36\x04\x02\x10cut"])
def test_what_is_no_font_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="console font"):
        Font(data)


@given(st.binary(max_size=2000))
def test_a_font_of_any_bytes_is_refused_or_has_pictures(tail: bytes) -> None:
    try:
        font = Font(b"\x36\x04\x02\x01" + tail)
    except ValueError:
        return
    assert font.picture("A").shape == (1, 8)
