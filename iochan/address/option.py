"""Options of an address: which there are, and how each is read, checked and printed.

An option is a keyword field of the address's dataclass, made with `option`; in text its name has ``-``
for ``_``, and an option at its default is not printed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Protocol

from iochan.core.errors import AddressError, show_known, show_text

__all__ = [
    "BOOL",
    "COMMAND",
    "OCTAL",
    "HasFields",
    "Kind",
    "check_options",
    "choice",
    "integer",
    "option",
    "print_options",
    "read_options",
]

_DIGITS = re.compile(r"[0-9]{1,10}")
_OCTAL = re.compile(r"[0-7]{1,5}")


@dataclass(frozen=True, slots=True)
class Kind:
    """What values an option has.

    Attributes:
        wanted: What to write, for messages.
        read: The value of a text; None if it is not one.
        holds: Whether a value is of this kind.
        show: The text of a value.
    """

    wanted: str
    read: Callable[[str], Any]
    holds: Callable[[Any], bool]
    show: Callable[[Any], str] = str


class HasFields(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def _read_command(text: str) -> tuple[str, ...] | None:
    try:
        return tuple(shlex.split(text)) or None
    except ValueError:
        return None


def _is_command(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(word, str) and "\0" not in word for word in value)


BOOL = Kind(
    "on or off",
    {"on": True, "off": False}.get,
    lambda value: isinstance(value, bool),
    lambda value: "on" if value else "off",
)
"""A switch; the bare name of the option means on."""

OCTAL = Kind(
    "octal permissions such as 0600",
    lambda text: int(text, 8) if _OCTAL.fullmatch(text) else None,
    lambda value: type(value) is int and 0 <= value <= 0o7777,
    lambda value: f"{value:04o}",
)
"""Permissions of a file that is created, before the umask."""

COMMAND = Kind("a command with its quotes closed", _read_command, _is_command, shlex.join)
"""A command with its arguments, split as a shell would; no shell runs it."""


def integer(low: int, high: int) -> Kind:
    """Return the kind of numbers from *low* to *high*, both included."""
    return Kind(
        f"a number from {low} to {high}",
        lambda text: int(text) if _DIGITS.fullmatch(text) else None,
        lambda value: type(value) is int and low <= value <= high,
    )


def choice(*words: str) -> Kind:
    """Return the kind whose values are these *words*."""
    return Kind(f"one of {', '.join(words)}", str, lambda value: value in words)


def option(kind: Kind, default: object = None) -> Any:  # noqa: ANN401 - a field, typed by its annotation
    """Return a dataclass field that is an option; None stands for "not said" and is always allowed."""
    return field(default=default, metadata={"kind": kind})


def _options(owner: HasFields | type[HasFields]) -> dict[str, Field[Any]]:
    return {item.name.replace("_", "-"): item for item in fields(owner) if "kind" in item.metadata}


def _refuse(scheme: str, name: str, shown: str, kind: Kind) -> AddressError:
    return AddressError(f"{scheme}: option {name!r} cannot be {shown}: write {kind.wanted}")


def read_options(owner: HasFields | type[HasFields], scheme: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of *texts* by field name, for the dataclass *owner*.

    Raises:
        AddressError: An option that *owner* has not, which lists what it has, or a text of the wrong kind.
    """
    known = _options(owner)
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in known:
            message = f"{scheme}: unknown option {show_text(name)} {show_known(name, known)}"
            raise AddressError(message)
        kind: Kind = known[name].metadata["kind"]
        value = kind.read(text)
        if value is None:
            raise _refuse(scheme, name, show_text(text), kind)
        values[known[name].name] = value
    return values


def check_options(owner: HasFields | type[HasFields], scheme: str) -> None:
    """Check the options of the address *owner*, however it was made.

    Raises:
        AddressError: A value that its option cannot have.
    """
    for name, item in _options(owner).items():
        value = getattr(owner, item.name)
        kind: Kind = item.metadata["kind"]
        if value != item.default and not kind.holds(value):
            raise _refuse(scheme, name, show_text(str(value)), kind)


def print_options(owner: HasFields | type[HasFields]) -> list[tuple[str, str]]:
    """Return the options of the address *owner* that are not at their defaults, as names and texts."""
    return [
        (name, item.metadata["kind"].show(value))
        for name, item in _options(owner).items()
        if (value := getattr(owner, item.name)) != item.default
    ]
