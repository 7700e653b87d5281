"""New pseudo-terminals."""

from __future__ import annotations

import pytest

from iochan.address import PtyAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "pty:": PtyAddress(),
    "pty:///tmp/link": PtyAddress("/tmp/link"),
    "pty:?command=/bin/sh%20-i": PtyAddress(command=("/bin/sh", "-i")),
}

REFUSALS = {
    "a NUL": ("pty:///a%00", "no path"),
    "no command": ("pty:?command=", "quotes closed"),
    "an open quote": ("pty:?command='", "quotes closed"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: PtyAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)
