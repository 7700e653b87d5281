"""Keys of a viewer become what a program on a terminal reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.vnc.console.keys import Keyboard

CONTROL, SHIFT, ALT = 0xFFE3, 0xFFE1, 0xFFE9


def typed(*keysyms: int, application: bool = False) -> bytes:
    """Return what the last key sends while the others are held."""
    keyboard = Keyboard()
    return b"".join(keyboard.key(keysym, down=True, application=application) for keysym in keysyms)


@pytest.mark.parametrize(
    ("keysyms", "data"),
    [
        ((ord("a"),), b"a"),
        ((0xE4,), "ä".encode()),
        ((0x0100_20AC,), "€".encode()),
        ((0xFF0D,), b"\r"),
        ((0xFF08,), b"\x7f"),
        ((0xFFB5,), b"5"),
        ((SHIFT, 0xFF09), b"\x1b[Z"),
        ((CONTROL, ord("c")), b"\x03"),
        ((CONTROL, ord("C")), b"\x03"),
        ((CONTROL, ord(" ")), b"\0"),
        ((CONTROL, ord("1")), b"1"),
        ((ALT, ord("x")), b"\x1bx"),
        ((ALT, CONTROL, ord("x")), b"\x1b\x18"),
        ((0xFF52,), b"\x1b[A"),
        ((CONTROL, 0xFF53), b"\x1b[1;5C"),
        ((0xFFBE,), b"\x1bOP"),
        ((0xFFC9,), b"\x1b[24~"),
        ((SHIFT, 0xFF55), b"\x1b[5;2~"),
        ((0xFFFFFFFF,), b""),
        ((0x0100_D800,), b""),
    ],
)
def test_a_key_sends_what_xterm_sends(keysyms: tuple[int, ...], data: bytes) -> None:
    assert typed(*keysyms) == data


def test_the_application_cursor_mode_changes_arrows_and_nothing_else() -> None:
    assert typed(0xFF52, application=True) == b"\x1bOA"
    assert typed(ord("A"), application=True) == b"A"


def test_a_modifier_holds_until_it_goes_up_or_its_viewer_is_gone() -> None:
    keyboard = Keyboard()
    keyboard.key(CONTROL, down=True)
    keyboard.key(CONTROL, down=False)
    assert keyboard.key(ord("c"), down=True) == b"c"
    keyboard.key(CONTROL, down=True)
    keyboard.release()
    assert keyboard.key(ord("c"), down=True) == b"c"


@given(st.lists(st.tuples(st.integers(0, 0xFFFFFFFF), st.booleans(), st.booleans())))
def test_no_keysym_is_too_strange(keys: list[tuple[int, bool, bool]]) -> None:
    keyboard = Keyboard()
    for keysym, down, application in keys:
        data = keyboard.key(keysym, down=down, application=application)
        assert down or data == b""
