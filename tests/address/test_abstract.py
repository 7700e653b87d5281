"""Names without a file."""

from __future__ import annotations

import pytest

from iochan.address import AbstractAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "abstract://name": AbstractAddress("name"),
    "abstract://a%00b": AbstractAddress("a\0b"),
    "abstract://n?tight=off&backlog=2": AbstractAddress("n", tight=False, backlog=2),
    "abstract://a@b/c": AbstractAddress("a@b/c"),
}

REFUSALS = {
    "no slashes": ("abstract:n", "no '//'"),
    "no name": ("abstract://", "no name"),
    "too long": (
        "abstract://nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
        "107 fit",
    ),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: AbstractAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)
