"""Descriptors that were given to the process."""

from __future__ import annotations

import pytest

from iochan.address import FdAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "fd://7": FdAddress(7),
    "fd://systemd": FdAddress(None),
    "fd://systemd/web": FdAddress(None, "web"),
}

REFUSALS = {
    "no slashes": ("fd:7", "no descriptor"),
    "a name": ("fd://web", "no descriptor"),
    "a number and a name": ("fd://7/web", "no descriptor"),
    "an empty name": ("fd://systemd/", "no descriptor"),
    "a huge number": ("fd://4294967296", "fd://7 alone"),
    "a colon": ("fd://systemd/a:b", "has no colon"),
    "nothing": ("fd://", "no descriptor"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: FdAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)


def test_a_number_has_no_name() -> None:
    with pytest.raises(AddressError, match="alone"):
        FdAddress(7, "web")
