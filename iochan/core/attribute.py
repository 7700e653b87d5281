"""Typed facts about a channel, found through the stack: the nearest layer that knows answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from typing_extensions import override

__all__ = ["Attribute", "Attributes"]

T = TypeVar("T")


class Attribute(Generic[T]):
    """The name of a fact and, for the type checker, its type.

    Ask with ``channel.extra(PEER_ADDRESS)``; a channel answers what it lists in ``attributes()``.

    Args:
        name: The fact's name, for messages and tables.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @override
    def __repr__(self) -> str:
        return f"<attribute {self.name}>"


Attributes = Mapping[Attribute[Any], Callable[[], Any]]
"""What one channel knows: each attribute with the function that finds its value when asked."""
