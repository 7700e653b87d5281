"""What layers take as options, as numbers from code or as text from an address."""

from __future__ import annotations

import math
import re
from typing import Final

from iochan.core.errors import AddressError

__all__ = ["Count", "Seconds", "Switch", "as_count", "as_seconds", "as_switch"]

Count = int | str
"""A number of bytes: ``65536``, or text such as ``64K``, ``1M``, ``2G``, ``1T`` (powers of 1024)."""

Seconds = float | str
"""A time: ``0.25``, or text such as ``0.25``, ``0.25s`` and ``250ms``."""

Switch = bool | str
"""Yes or no: ``True``, or text: ``on``, ``yes``, ``true``, ``1`` and their opposites."""

MAX_COUNT: Final = 2**63 - 1
"""The largest count: what an offset in a file can be."""

_SUFFIXES: Final = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_COUNT: Final = re.compile(r"([0-9]{1,19})([KMGT]?)", re.ASCII | re.IGNORECASE)
_SECONDS: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(s|ms)?", re.ASCII)
_SWITCH: Final = {
    "on": True,
    "yes": True,
    "true": True,
    "1": True,
    "off": False,
    "no": False,
    "false": False,
    "0": False,
}


def as_count(option: str, value: Count, least: int = 0, most: int = MAX_COUNT) -> int:
    """Return *value* as a number of bytes.

    Args:
        option: What messages call the option.
        value: A number or its text.
        least: The smallest that will do.
        most: The largest that will do.

    Raises:
        AddressError: It is no number, or not between the two.
    """
    count = value if isinstance(value, int) else -1
    if isinstance(value, str) and (match := _COUNT.fullmatch(value)):
        count = int(match[1]) << _SUFFIXES[match[2].upper()]
    if count < 0 or not least <= count <= most:
        message = (
            f"{option}={value!s:.40}: it must be a count of bytes such as 4096, 64K or 1M, "
            f"from {least} to {most}"
        )
        raise AddressError(message)
    return count


def as_seconds(option: str, value: Seconds) -> float:
    """Return *value* as seconds, 0 or more.

    Args:
        option: What messages call the option.
        value: A number or its text.

    Raises:
        AddressError: It is no time.
    """
    seconds = -1.0 if isinstance(value, str) else float(value)
    if isinstance(value, str) and (match := _SECONDS.fullmatch(value)):
        seconds = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if not 0 <= seconds < math.inf:
        message = f"{option}={value!s:.40}: it must be a time such as 1.5 or 250ms"
        raise AddressError(message)
    return seconds


def as_switch(option: str, value: Switch) -> bool:
    """Return *value* as yes or no.

    Args:
        option: What messages call the option.
        value: A truth value or its text.

    Raises:
        AddressError: It is neither.
    """
    if isinstance(value, bool):
        return value
    switch = _SWITCH.get(value.lower())
    if switch is None:
        message = f"{option}={value:.40}: it must be on or off"
        raise AddressError(message)
    return switch
