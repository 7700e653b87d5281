"""A stack: the layers that an address asks for, and the address below them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from typing_extensions import override

from iochan.address.escape import escape
from iochan.address.scheme import ALIASES, SCHEMES, Address
from iochan.core.errors import AddressError, show_known, show_text

__all__ = [
    "MAX_LAYERS",
    "MAX_TEXT",
    "PATH_LAYER",
    "KnownLayers",
    "LayerSpec",
    "Stack",
    "check_known",
    "labels",
]

MAX_TEXT = 4096
"""Characters of an address, as written and as printed."""

MAX_LAYERS = 16

PATH_LAYER = "ws"
"""The layer that a path behind host and port belongs to: the topmost one of this name."""

KnownLayers: TypeAlias = Mapping[str, Collection[str]]
"""The options of each layer that there is."""

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_OPTION = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer of an address, with its options as text.

    Attributes:
        name: The layer's name.
        options: Names and texts; kept sorted by name, as their order says nothing.
    """

    name: str
    options: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            message = f"{show_text(self.name)} is no name of a layer: write small letters, digits and '-'"
            raise AddressError(message)
        if self.name in SCHEMES:
            message = f"{self.name!r} is no layer: it ends a stack, as in tls+{self.name}:"
            raise AddressError(message)
        seen: set[str] = set()
        for name, _ in self.options:
            if not _OPTION.fullmatch(name):
                message = f"{self.name}: {show_text(name)} is no name of an option: write small letters"
                raise AddressError(message)
            if name in seen:
                message = f"{self.name}: option {name!r} is given twice: leave one"
                raise AddressError(message)
            seen.add(name)
        object.__setattr__(self, "options", tuple(sorted(self.options)))

    def get(self, name: str) -> str | None:
        """Return the text of the option *name*, or None if it is not given."""
        return dict(self.options).get(name)


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers, top first, over a base; ``str`` gives the canonical text, which parses to an equal stack.

    Attributes:
        layers: At most 16, top first.
        base: What the lowest layer stands on.
    """

    layers: tuple[LayerSpec, ...]
    base: Address

    def __post_init__(self) -> None:
        if len(self.layers) > MAX_LAYERS:
            message = f"{len(self.layers)} layers, and {MAX_LAYERS} are the most: leave some out"
            raise AddressError(message)
        if (size := len(str(self))) > MAX_TEXT:
            message = f"an address of {size} characters when printed, and {MAX_TEXT} are the most: shorten it"
            raise AddressError(message)

    @override
    def __str__(self) -> str:
        body, owner = self.base.body(), self._path_owner()
        options: list[tuple[str, str]] = []
        for index, (label, spec) in enumerate(zip(labels(self.layers), self.layers, strict=True)):
            for name, text in spec.options:
                if name == "path" and index == owner:
                    body += escape(text)
                else:
                    options.append((f"{label}.{name}", text))
        names = "+".join([*(spec.name for spec in self.layers), self.base.scheme])
        return f"{names}:{self.base.join(body, [*options, *self.base.options()])}"

    def _path_owner(self) -> int:
        """Return which layer's path is printed behind host and port, or -1."""
        for index, spec in enumerate(self.layers):
            if spec.name == PATH_LAYER:
                path = spec.get("path") if self.base.leaves_path else None
                return index if path is not None and path.startswith("/") else -1
        return -1


def labels(layers: tuple[LayerSpec, ...] | list[LayerSpec]) -> Iterator[str]:
    """Yield what stands for each layer before an option's dot: ``tls``, and ``tls@2`` for a second one."""
    seen: Counter[str] = Counter()
    for spec in layers:
        seen[spec.name] += 1
        yield spec.name if seen[spec.name] == 1 else f"{spec.name}@{seen[spec.name]}"


def check_known(stack: Stack, known: KnownLayers) -> None:
    """Check the layers of *stack* and the names of their options.

    Raises:
        AddressError: One that is not *known*; the message lists those that are.
    """
    for spec in stack.layers:
        if spec.name not in known:
            hint = " (it is short for a whole stack, and stands last)" if spec.name in ALIASES else ""
            message = f"unknown layer {spec.name!r}{hint} {show_known(spec.name, known)}"
            raise AddressError(message)
        for name, _ in spec.options:
            if name not in known[spec.name]:
                message = (
                    f"{spec.name}: unknown option {show_text(name)} {show_known(name, known[spec.name])}"
                )
                raise AddressError(message)
