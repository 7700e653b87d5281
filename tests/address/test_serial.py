"""Serial ports."""

from __future__ import annotations

import pytest

from iochan.address import SerialAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "serial:///dev/ttyS0?baud=115200": SerialAddress("/dev/ttyS0", baud=115200),
    "serial:///dev/ttyS0?data-bits=7&parity=even&stop-bits=2&flow=rtscts": SerialAddress(
        "/dev/ttyS0", data_bits=7, parity="even", stop_bits="2", flow="rtscts"
    ),
}

REFUSALS = {
    "nothing": ("serial:", "no path"),
    "no speed": ("serial:///d?baud=0", "from 1"),
    "a parity": ("serial:///d?parity=some", "one of none, even"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: SerialAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)
