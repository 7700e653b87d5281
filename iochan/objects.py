"""Objects that addresses and options name: ``--object TYPE,id=ID,key=value`` as QEMU has it, or JSON.

In key=value text a comma in a value is doubled, the first bare word is the type, and a later bare word is a
switch that is on. A value of kind ``json`` is JSON there too, its commas doubled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from iochan.core.errors import AddressError, show_known, show_text
from iochan.core.registry import known, lookup

__all__ = [
    "MAX_OBJECT_TEXT",
    "OBJECTS",
    "ObjectStore",
    "ObjectType",
    "Property",
    "PropertyKind",
    "parse_object",
]

OBJECTS = "iochan.objects"
"""The entry-point group of `ObjectType` values; the name of an entry is the name of its type."""

MAX_OBJECT_TEXT = 65536
"""Characters."""

PropertyKind: TypeAlias = Literal["text", "path", "bool", "int", "size", "json"]

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_PIECE = re.compile(r"(?:[^,]|,,)+")
_INT = re.compile(r"-?(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,19})")
_SIZE = re.compile(r"([0-9]{1,19})([BKMGT]?)", re.IGNORECASE)
_UNITS = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_BOOLS = {
    **dict.fromkeys(("on", "yes", "true", "y"), True),
    **dict.fromkeys(("off", "no", "false", "n"), False),
}

_WANTED: dict[PropertyKind, str] = {
    "text": "text",
    "path": "a path without a NUL",
    "bool": "on or off, in JSON true or false",
    "int": "a number of at most 64 bits",
    "size": "a number of bytes, perhaps with K, M, G or T behind it",
    "json": "JSON",
}

_HOLDS: dict[PropertyKind, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "path": lambda value: isinstance(value, str) and value != "" and "\0" not in value,
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: type(value) is int and -(1 << 63) <= value < 1 << 64,
    "size": lambda value: type(value) is int and 0 <= value < 1 << 63,
    "json": lambda _: True,
}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a type of objects.

    Attributes:
        kind: What values it has.
        required: Whether an object must be given it.
        default: What `ObjectType.build` gets when it is not given.
        doc: What it does, in a sentence.
        secret: Whether its value must not stand in any message.
    """

    kind: PropertyKind = "text"
    required: bool = False
    default: Any = None
    doc: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type of objects.

    Attributes:
        name: What an object's text begins with.
        properties: By name, without ``id``.
        build: Makes an object; it gets every property as a keyword argument, ``-`` in its name as ``_``.
        takes_objects: Whether *build* gets, as *objects*, the store that the object will be in, to look
            up what a property names.
    """

    name: str
    properties: Mapping[str, Property]
    build: Callable[..., object]
    takes_objects: bool = False


@dataclass(slots=True)
class ObjectStore:
    """The objects of a program, by id."""

    _types: dict[str, ObjectType] = field(default_factory=dict, repr=False)
    _objects: dict[str, object] = field(default_factory=dict, repr=False)

    def register_type(self, kind: ObjectType) -> None:
        """Make *kind* known to this store, before any type of that name from an entry point."""
        self._types[kind.name] = kind

    def types(self) -> dict[str, ObjectType]:
        """Return every type that is known here, by name; this imports all of them."""
        return {name: self._type(name) for name in sorted({*self._types, *known(OBJECTS)})}

    def add(self, text: str) -> object:
        """Make the object of *text*, keep it, and return it.

        Raises:
            AddressError: *text* is wrong, or its id is taken; nothing is kept then. What the type's
                ``build`` raises comes as it is.
        """
        values = parse_object(text)
        kind = self._type(_take_text(values, "qom-type", "the object"))
        identity = _take_text(values, "id", kind.name)
        if not _ID.fullmatch(identity):
            message = (
                f"{kind.name}: id {show_text(identity)} is none: "
                "begin with a letter, go on with letters, digits, '-', '.' and '_'"
            )
            raise AddressError(message)
        if identity in self._objects:
            message = f"{kind.name}: id {identity!r} is taken: choose another"
            raise AddressError(message)
        arguments = _arguments(f"{kind.name} {identity!r}", kind.properties, values)
        made = kind.build(**arguments, objects=self) if kind.takes_objects else kind.build(**arguments)
        self._objects[identity] = made
        return made

    def get(self, identity: str, wanted: type[T]) -> T:
        """Return the object *identity*.

        Raises:
            AddressError: There is none, or it is no *wanted*.
        """
        if identity not in self._objects:
            message = f"no object {show_text(identity)} {show_known(identity, self._objects)}"
            raise AddressError(message)
        found = self._objects[identity]
        if not isinstance(found, wanted):
            names = f"is of type {type(found).__name__}, and {wanted.__name__} is needed"
            message = f"object {identity!r} {names}: name another object"
            raise AddressError(message)
        return found

    def all(self) -> tuple[object, ...]:
        """Return every object, in the order in which they came."""
        return tuple(self._objects.values())

    def _type(self, name: str) -> ObjectType:
        if name in self._types:
            return self._types[name]
        names = {*self._types, *known(OBJECTS)}
        if name not in names:
            message = f"unknown object type {show_text(name)} {show_known(name, names)}"
            raise AddressError(message)
        found: object = lookup(OBJECTS, name)
        if not isinstance(found, ObjectType):
            message = f"object type {name!r}: its entry point is no ObjectType: mend its package"
            raise AddressError(message)
        return found


def parse_object(text: str) -> dict[str, object]:
    """Return what *text* says, key=value or JSON, the type as ``qom-type``; kinds are not looked at here.

    Raises:
        AddressError: *text* is wrong; no value stands in the message.
    """
    if len(text) > MAX_OBJECT_TEXT:
        message = f"an object of {len(text)} characters, and {MAX_OBJECT_TEXT} are the most: shorten it"
        raise AddressError(message)
    if not text.lstrip().startswith("{"):
        return _parse_keys(text)
    values: dict[str, object] = _parse_json(text)
    return values


class _Word(str):
    """Text of a key=value pair, which its property's kind has yet to read."""

    __slots__ = ()


def _parse_keys(text: str) -> dict[str, object]:
    # An odd comma separates; pieces are what stands between.
    pieces = _PIECE.findall(text)
    if len(",".join(pieces)) != len(text):
        message = "an object's text has an empty part: write TYPE,id=ID,key=value, and ,, for a comma"
        raise AddressError(message)
    pairs = []
    for index, piece in enumerate(pieces):
        key, equals, value = piece.replace(",,", ",").partition("=")
        if not equals:
            key, value = ("qom-type", key) if index == 0 else (key, "on")
        pairs.append((key, _Word(value)))
    return _unique(pairs)


def _parse_json(text: str) -> Any:  # noqa: ANN401 - whatever it holds
    def refuse(constant: str) -> object:
        message = f"an object's JSON has {constant}: write a number"
        raise AddressError(message)

    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=refuse)
    except json.JSONDecodeError as error:
        message = f"an object's JSON cannot be read at character {error.pos}: {error.msg.lower()}: mend it"
        raise AddressError(message) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, AddressError):
            raise
        message = "an object's JSON is too deep, or a number in it too long: make it plainer"
        raise AddressError(message) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in pairs:
        if not key or key in values:
            message = f"an object's key {show_text(key)} is empty or given twice: give each key once, by name"
            raise AddressError(message)
        values[key] = value
    return values


def _take_text(values: dict[str, object], key: str, owner: str) -> str:
    value = values.pop(key, None)
    if not isinstance(value, str):
        message = f'{owner} has no {key}: write TYPE,id=ID,… or {{"qom-type": TYPE, "id": ID, …}}'
        raise AddressError(message)
    return str(value)


def _arguments(
    owner: str, properties: Mapping[str, Property], values: Mapping[str, object]
) -> dict[str, object]:
    """Return the keyword arguments for `ObjectType.build`."""
    for key in values:
        if key not in properties:
            # Behind a secret whose comma was not doubled, the "key" is a part of it.
            hidden = any(prop.secret and name in values for name, prop in properties.items())
            shown = "(a comma in a value is doubled)" if hidden else show_text(key)
            message = f"{owner}: unknown property {shown} {show_known('' if hidden else key, properties)}"
            raise AddressError(message)
    arguments = {}
    for key, prop in properties.items():
        if key not in values and prop.required:
            message = f"{owner}: no {key}, which it must have: add {key}=…"
            raise AddressError(message)
        value = _convert(owner, key, prop, values[key]) if key in values else prop.default
        arguments[key.replace("-", "_")] = value
    return arguments


def _convert(owner: str, key: str, prop: Property, value: object) -> object:
    try:
        if isinstance(value, _Word):
            return _from_word(prop.kind, str(value))
        return _from_json(prop.kind, value)
    except (ValueError, KeyError):
        shown = "what is given" if prop.secret else show_text(str(value))
        message = f"{owner}: {key} cannot be {shown}: write {_WANTED[prop.kind]}"
        raise AddressError(message) from None


def _from_word(kind: PropertyKind, text: str) -> object:
    """Return the value of *text*; a `ValueError` or `KeyError` says that it has none of this *kind*."""
    match kind:
        case "bool":
            return _BOOLS[text]
        case "int":
            if not _INT.fullmatch(text):
                raise ValueError
            return _from_json(kind, int(text, 16 if "x" in text.lower() else 10))
        case "json":
            return _parse_json(text)
        case _:
            return _from_json(kind, text)


def _from_json(kind: PropertyKind, value: object) -> object:
    """Return *value* if it is of this *kind*; a `ValueError` says that it is not."""
    if kind == "size" and isinstance(value, str) and (found := _SIZE.fullmatch(value)):
        value = int(found[1]) * _UNITS[found[2].upper()]
    if not _HOLDS[kind](value):
        raise ValueError
    return value
