"""The address of nothing."""

from __future__ import annotations

import pytest

from iochan.address import NullAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "null:": NullAddress(),
}

REFUSALS = {
    "a body": ("null:x", "alone"),
    "an option": ("null:?x=1", "known: none"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: NullAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)
