"""Kinds of options: what is read prints the same, and holds."""

from __future__ import annotations

import pytest

from iochan.address.option import BOOL, COMMAND, OCTAL, Kind, choice, integer

GOOD = {
    "on": (BOOL, True),
    "off": (BOOL, False),
    "0600": (OCTAL, 0o600),
    "sh -c 'a b'": (COMMAND, ("sh", "-c", "a b")),
    "7": (integer(1, 9), 7),
    "red": (choice("red", "blue"), "red"),
}


@pytest.mark.parametrize(("text", "case"), GOOD.items(), ids=GOOD)
def test_a_text_is_read_and_printed(text: str, case: tuple[Kind, object]) -> None:
    kind, value = case
    assert kind.read(text) == value
    assert kind.holds(value)
    assert kind.show(value) == text


@pytest.mark.parametrize("text", ["", "yes", "ON"])
def test_a_switch_is_on_or_off(text: str) -> None:
    assert BOOL.read(text) is None


@pytest.mark.parametrize("value", [True, 0, 10, "5", 5.0])
def test_a_number_holds_in_its_range_only(value: object) -> None:
    assert not integer(1, 9).holds(value)


@pytest.mark.parametrize("text", ["", "-1", "1_0", "٣", "9" * 5000])
def test_a_number_is_a_few_digits(text: str) -> None:
    assert integer(0, 9).read(text) is None
