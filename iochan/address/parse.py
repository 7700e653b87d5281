"""Text to stack.

::

    address  = *( layer "+" ) scheme ":" body [ "?" option *( "&" option ) ]
    option   = [ layer [ "@" n ] "." ] name [ "=" text ]        without "=": on
    exec     = *( layer "+" ) "exec:" [ "?" option *( "&" option ) " " ] command
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iochan.address.escape import unescape
from iochan.address.scheme import ALIASES, SCHEMES, Address
from iochan.address.stack import (
    MAX_LAYERS,
    MAX_TEXT,
    PATH_LAYER,
    KnownLayers,
    LayerSpec,
    Stack,
    check_known,
    labels,
)
from iochan.core.errors import AddressError, show_known, show_text

__all__ = ["parse_stack"]

_HEAD = re.compile(r"([A-Za-z][A-Za-z0-9+-]*):(.*)", re.DOTALL)


def parse_stack(text: str, layers: KnownLayers | None = None) -> Stack:
    """Return the stack that *text* asks for.

    Args:
        text: An address, at most 4096 characters.
        layers: The options of each layer that there is; None takes any layer with any option.

    Raises:
        AddressError: *text* is wrong; the message says what to write, and never holds a password.
    """
    names, kind, rest = _split_head(text)
    body, query = kind.divide(rest)
    body, path = _take_path(kind, body, names)
    of_layers: dict[str, list[tuple[str, str]]] = {
        label: [] for label in labels([LayerSpec(name) for name in names])
    }
    if path is not None:
        of_layers[PATH_LAYER].append(("path", path))
    of_base: dict[str, str] = {}
    for owner, name, value in _split_query(query):
        if owner:
            _layer_options(of_layers, owner).append((name, value))
        elif name in of_base:
            message = f"{kind.scheme}: option {show_text(name)} is given twice: leave one"
            raise AddressError(message)
        else:
            of_base[name] = value
    specs = (LayerSpec(name, tuple(options)) for name, options in zip(names, of_layers.values(), strict=True))
    stack = Stack(tuple(specs), kind.from_parts(body, of_base))
    if layers is not None:
        check_known(stack, layers)
    return stack


def _split_head(text: str) -> tuple[list[str], type[Address], str]:
    """Return the names of the layers, the class of the base, and what stands behind the colon."""
    if len(text) > MAX_TEXT:
        message = f"an address of {len(text)} characters, and {MAX_TEXT} are the most: shorten it"
        raise AddressError(message)
    head = _HEAD.fullmatch(text)
    if head is None:
        message = "no scheme before a colon: write an address such as tcp://host:port"
        raise AddressError(message)
    *names, scheme = head[1].lower().split("+")
    *more, scheme = ALIASES.get(scheme, scheme).split("+")
    if scheme not in SCHEMES:
        message = f"unknown scheme {show_text(scheme)} {show_known(scheme, {*SCHEMES, *ALIASES})}"
        raise AddressError(message)
    if len(names) + len(more) > MAX_LAYERS:
        message = f"{len(names) + len(more)} layers, and {MAX_LAYERS} are the most: leave some out"
        raise AddressError(message)
    return [*names, *more], SCHEMES[scheme], head[2]


def _take_path(kind: type[Address], body: str, names: list[str]) -> tuple[str, str | None]:
    """Return *body* without the path that a layer owns, and that path."""
    if not kind.leaves_path:
        return body, None
    authority, slash, path = body.removeprefix("//").partition("/")
    if "@" in authority:
        # Nothing of it is shown: what stands before the sign may be a password.
        message = f"{kind.scheme}: a user or password in an address: name an object that holds it (--object)"
        raise AddressError(message)
    if not slash or not body.startswith("//"):
        return body, None
    if PATH_LAYER not in names:
        message = (
            f"{kind.scheme}: a path belongs to a {PATH_LAYER} layer, and there is none: leave the path out"
        )
        raise AddressError(message)
    return "//" + authority, unescape(slash + path)


def _split_query(query: str) -> Iterator[tuple[str, str, str]]:
    """Yield the label of the layer (empty for the base), the name and the text of each option."""
    for part in query.split("&") if query else ():
        key, equals, value = part.partition("=")
        owner, _, name = unescape(key).rpartition(".")
        if not name:
            message = f"an option without a name in {show_text(key)}: write ?name=text&layer.name=text"
            raise AddressError(message)
        yield owner, name, unescape(value) if equals else "on"


def _layer_options(of_layers: dict[str, list[tuple[str, str]]], owner: str) -> list[tuple[str, str]]:
    """Return the options so far of the layer labelled *owner*."""
    label = owner.removesuffix("@1")
    if label not in of_layers:
        message = f"an option for {show_text(owner)}, which is no layer of this address " + show_known(
            owner, of_layers
        )
        raise AddressError(message)
    return of_layers[label]
