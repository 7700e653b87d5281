from __future__ import annotations

import pytest

from iochan.address.value import as_count, as_seconds, as_switch
from iochan.core.errors import AddressError


@pytest.mark.parametrize(
    ("text", "count"), [(7, 7), ("0", 0), ("64K", 65536), ("1m", 1 << 20), ("2G", 2 << 30), ("1T", 1 << 40)]
)
def test_a_count_is_a_number_with_or_without_a_suffix(text: int | str, count: int) -> None:
    assert as_count("x", text) == count


@pytest.mark.parametrize("text", ["", "-1", -1, "1.5", "1KB", "K", "٣", "9" * 30, "99999999T"])
def test_what_is_no_count_is_refused_by_the_name_of_the_option(text: int | str) -> None:
    with pytest.raises(AddressError, match=r"^limit\.read=.*count of bytes"):
        as_count("limit.read", text)


def test_a_count_outside_its_bounds_is_refused_with_the_bounds() -> None:
    with pytest.raises(AddressError, match="from 1 to 9"):
        as_count("x", 10, 1, 9)
    with pytest.raises(AddressError, match="from 1 to 9"):
        as_count("x", "0", 1, 9)


@pytest.mark.parametrize(("text", "seconds"), [(2, 2.0), ("1.5", 1.5), ("3s", 3.0), ("250ms", 0.25)])
def test_a_time_is_in_seconds_unless_it_says_milliseconds(text: float | str, seconds: float) -> None:
    assert as_seconds("x", text) == seconds


@pytest.mark.parametrize("text", ["", "-1", -0.1, "1m", "inf", float("inf"), float("nan")])
def test_what_is_no_time_is_refused(text: float | str) -> None:
    with pytest.raises(AddressError, match=r"^delay\.seconds=.*time"):
        as_seconds("delay.seconds", text)


@pytest.mark.parametrize(("text", "switch"), [(True, True), ("on", True), ("No", False), ("0", False)])
def test_a_switch_is_on_or_off(text: bool | str, switch: bool) -> None:
    assert as_switch("x", text) is switch


def test_what_is_no_switch_is_refused() -> None:
    with pytest.raises(AddressError, match="on or off"):
        as_switch("x", "maybe")
