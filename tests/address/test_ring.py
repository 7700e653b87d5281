"""The address of a ring."""

from __future__ import annotations

import pytest

from iochan.address import RingAddress, parse_stack
from iochan.core.errors import AddressError


@pytest.mark.parametrize(("text", "size"), [("ring:", 65536), ("ring:?size=1", 1)])
def test_a_text_is_a_value_that_prints_it(text: str, size: int) -> None:
    stack = parse_stack(text)
    assert stack.base == RingAddress(size=size)
    assert str(stack) == text


@pytest.mark.parametrize(
    ("text", "reason"), [("ring:x", "alone"), ("ring:?size=0", "1 to"), ("ring:?x=1", "size")]
)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)
