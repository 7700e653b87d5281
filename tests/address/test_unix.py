"""Paths of Unix sockets."""

from __future__ import annotations

import pytest

from iochan.address import UnixAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "unix:///run/x": UnixAddress("/run/x"),
    "unix:x/y": UnixAddress("x/y"),
    "unix:///a%3Fb%23c%25": UnixAddress("/a?b#c%"),
    "unix:///p%FF": UnixAddress("/p\udcff"),
    "unix:///x?backlog=3": UnixAddress("/x", backlog=3),
}

REFUSALS = {
    "a host": ("unix://run/x", "where a host"),
    "nothing": ("unix:", "no path"),
    "a NUL": ("unix:///a%00b", "no path"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: UnixAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)


def test_the_length_counts_bytes() -> None:
    assert UnixAddress("/" + "é" * 53).path
    with pytest.raises(AddressError, match="109 bytes, and 107 fit"):
        UnixAddress("/" + "é" * 54)
