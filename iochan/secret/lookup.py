"""Secrets by the id of their object."""

from __future__ import annotations

from typing import Protocol

from iochan.core.errors import AddressError, SecretError, show_text
from iochan.secret.value import Secret

__all__ = ["SecretSource", "find_secret", "secret_bytes", "secret_text"]


class SecretSource(Protocol):
    """What has objects by id: an `iochan.objects.ObjectStore`."""

    def get(self, identity: str, wanted: type[Secret]) -> Secret:
        """Return the object *identity*, which is a *wanted*, or raise `AddressError`."""


def find_secret(objects: SecretSource, identity: str) -> Secret:
    """Return the secret with the id *identity*.

    Raises:
        SecretError: There is no such object yet, or it is no secret.
    """
    try:
        return objects.get(identity, Secret)
    except AddressError as error:
        message = (
            f"no secret {show_text(identity)}: {error}; objects are made in the order in which they are given"
        )
        raise SecretError(message) from error


def secret_bytes(objects: SecretSource, identity: str) -> bytes:
    """Return the value of the secret with the id *identity*."""
    return find_secret(objects, identity).as_bytes()


def secret_text(objects: SecretSource, identity: str) -> str:
    """Return the value of the secret with the id *identity* as text.

    Raises:
        SecretError: There is none, or it is no UTF-8.
    """
    return find_secret(objects, identity).as_text()
