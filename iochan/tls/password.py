"""The bytes of a secret object, looked up by id."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from iochan.core.errors import CredsError, show_text
from iochan.core.opening import ObjectSource

__all__ = ["HasBytes", "password_of"]


@runtime_checkable
class HasBytes(Protocol):
    """A secret, for all that credentials have to know of it."""

    def as_bytes(self) -> bytes:
        """Return what is secret."""


def password_of(objects: ObjectSource, identity: str) -> bytes:
    """Return what the secret *identity* of *objects* holds now.

    Raises:
        AddressError: There is no such object.
        CredsError: It is no secret.
    """
    found = objects.get(identity, object)
    if not isinstance(found, HasBytes):
        message = f"object {show_text(identity)} is of type {type(found).__name__}: name one of type secret"
        raise CredsError(message)
    return found.as_bytes()
