"""The two sides of a session."""

from __future__ import annotations

from enum import Enum

from iochan.core.errors import CredsError

__all__ = ["Endpoint", "read_endpoint"]


class Endpoint(Enum):
    """The side of a session that credentials are for; the values are QEMU's."""

    SERVER = "server"
    CLIENT = "client"


def read_endpoint(owner: str, endpoint: Endpoint | str) -> Endpoint:
    """Return the side that *endpoint* is or names; *owner* begins a message.

    Raises:
        CredsError: It is neither.
    """
    try:
        return Endpoint(endpoint)
    except ValueError:
        message = f"{owner}: endpoint {endpoint!r} is none: write server or client"
        raise CredsError(message) from None
