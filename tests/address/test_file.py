"""Files and how they are opened."""

from __future__ import annotations

import pytest

from iochan.address import FileAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "file:///path": FileAddress("/path"),
    "file:a%20b": FileAddress("a b"),
    "file:////x": FileAddress("//x"),
    "file:///p?mode=rw&permissions=0600": FileAddress("/p", mode="rw", permissions=0o600),
}

REFUSALS = {
    "nothing": ("file:", "no path"),
    "a host": ("file://h/x", "where a host"),
    "a mode": ("file:///x?mode=x", "one of r, w, a, rw"),
    "no octal": ("file:///x?permissions=9", "octal"),
    "too many bits": ("file:///x?permissions=77777", "octal"),
    "a fragment": ("file:///x#y", "%23"),
    "a bad escape": ("file:///x%zz", "no escape"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: FileAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)
