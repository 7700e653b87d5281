"""Programs: words as a shell splits them."""

from __future__ import annotations

import pytest

from iochan.address import CommandAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "exec:ssh user@host nc x 1": CommandAddress(("ssh", "user@host", "nc", "x", "1")),
    "exec:sh -c 'a  b?#%'": CommandAddress(("sh", "-c", "a  b?#%")),
    "exec:'?odd' ''": CommandAddress(("?odd", "")),
}

REFUSALS = {
    "nothing": ("exec:", "no program"),
    "an empty program": ("exec:'' x", "no program"),
    "an open quote": ("exec:sh 'a", "cannot be split"),
    "a NUL": ("exec:a\x00", "NUL"),
    "an option": ("exec:?x=1 sh", "unknown option 'x'"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: CommandAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)


def test_options_stand_before_the_command_and_a_space_ends_them() -> None:
    text = "tls+exec:?tls.creds=tls0&tls.hostname=a:b ssh host 'nc x'"
    stack = parse_stack(text)
    assert stack.base == CommandAddress(("ssh", "host", "nc x"))
    assert stack.layers[0].options == (("creds", "tls0"), ("hostname", "a:b"))
    assert str(stack) == text


def test_a_space_in_an_option_is_escaped() -> None:
    text = "tls+exec:?tls.creds=a%20b true"
    assert str(parse_stack(text)) == text
