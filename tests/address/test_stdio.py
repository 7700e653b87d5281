"""Standard input and output."""

from __future__ import annotations

import pytest

from iochan.address import StdioAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "stdio:": StdioAddress(),
}

REFUSALS = {
    "a body": ("stdio://", "alone"),
    "an option": ("stdio:?x=1", "unknown option"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: StdioAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)
