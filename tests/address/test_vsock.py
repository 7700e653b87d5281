"""Contexts and ports."""

from __future__ import annotations

import pytest

from iochan.address import VsockAddress, parse_stack
from iochan.address.vsock import ANY_CID
from iochan.core.errors import AddressError

TEXTS = {
    "vsock://2:1234": VsockAddress(2, 1234),
    "vsock://any:4294967295": VsockAddress(ANY_CID, ANY_CID),
    "vsock://1:2?backlog=3": VsockAddress(1, 2, backlog=3),
}

REFUSALS = {
    "no slashes": ("vsock:2:1", "no context"),
    "no port": ("vsock://2", "no context"),
    "a name": ("vsock://host:1", "no context"),
    "too large": ("vsock://4294967296:1", "no context$|is no context: write"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: VsockAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)
