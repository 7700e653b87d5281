"""Address text: it is refused with `AddressError`, or its canonical text gives the same stack again."""

from __future__ import annotations

from iochan.address import parse_stack
from iochan.core.errors import AddressError

KNOWN = {"tls": ("creds", "hostname"), "ws": ("path",)}


def check_message(error: AddressError) -> None:
    """Check that the message of *error* is fit for a terminal."""
    assert str(error).isprintable(), f"not fit for a terminal: {error}"


def one_input(data: bytes) -> None:
    """Check one input; any exception but a refusal is a finding."""
    text = data.decode(errors="surrogateescape")
    try:
        stack = parse_stack(text)
    except AddressError as error:
        check_message(error)
        return
    canonical = str(stack)
    assert parse_stack(canonical) == stack, f"another stack from {canonical!r}"
    assert str(parse_stack(canonical)) == canonical
    try:
        parse_stack(text, KNOWN)
    except AddressError as error:
        check_message(error)
