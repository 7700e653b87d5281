"""Layers and channels by name, found through entry points; nothing is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from iochan.core.errors import AddressError

__all__ = ["ADOPTERS", "CHANNELS", "LAYERS", "LISTENERS", "OPENERS", "PAGES", "known", "lookup", "register"]

LAYERS = "iochan.layers"
"""The group of functions ``(channel, **options) -> Channel`` that put a layer on a channel."""

CHANNELS = "iochan.channels"
"""The group of functions ``(address) -> Op[Channel]``, by the address's scheme."""

LISTENERS = "iochan.listeners"
"""The group of functions ``(address) -> Op[Listener]``, by the address's scheme."""

OPENERS = "iochan.openers"
"""What opens addresses as text: ``connect`` and ``listen``."""

ADOPTERS = "iochan.adopters"
"""The group of functions ``(object) -> Channel | None`` that make a channel of a socket or descriptor."""

PAGES = "iochan.pages"
"""The group of functions ``() -> directory`` with the files of web pages that may be served."""

_added: dict[tuple[str, str], Callable[..., Any]] = {}


def register(group: str, name: str, function: Callable[..., Any]) -> None:
    """Make *function* known as *name* of *group* in this process, before any entry point."""
    _added[group, name] = function


def known(group: str) -> list[str]:
    """Return the names of *group*, sorted."""
    return sorted({*_installed(group), *(name for owner, name in _added if owner == group)})


def lookup(group: str, name: str) -> Callable[..., Any]:
    """Return the function that is known as *name* of *group*.

    Raises:
        AddressError: There is none; the message lists what is known.
    """
    function = _added.get((group, name))
    if function is None:
        function = _load(group, name)
    return function


@cache
def _installed(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


@cache
def _load(group: str, name: str) -> Callable[..., Any]:
    point = _installed(group).get(name)
    if point is None:
        kind = group.removeprefix("iochan.").removesuffix("s")
        message = f"unknown {kind} {name!r}: known are {', '.join(known(group)) or 'none'}"
        raise AddressError(message)
    function: Callable[..., Any] = point.load()
    return function
