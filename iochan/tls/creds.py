"""What every kind of TLS credentials has."""

from __future__ import annotations

import enum
import os
from abc import ABC, abstractmethod
from pathlib import Path

from OpenSSL import SSL
from typing_extensions import override

from iochan.core.errors import CredsError

__all__ = ["Endpoint", "TlsCreds"]


class Endpoint(enum.Enum):
    """Which side of a session credentials are for, in QEMU's words."""

    CLIENT = "client"
    SERVER = "server"


class TlsCreds(ABC):
    """Credentials that were checked when they were loaded, and never change after.

    One object serves any number of channels, of any number of threads.

    Attributes:
        dir: The directory that they were read from.
        endpoint: The side that they are for.
        verify_peer: Whether the peer has to prove who it is. A server then requires a certificate of
            its clients; a client checks the server's, and its host name.
    """

    def __init__(self, dir: str | os.PathLike[str], endpoint: Endpoint, *, verify_peer: bool) -> None:  # noqa: A002 - QEMU's name
        self.dir = Path(dir)
        self.endpoint = endpoint
        self.verify_peer = verify_peer

    @property
    @abstractmethod
    def context(self) -> SSL.Context:
        """What sessions are made of; frozen by the first one."""

    def require(self, endpoint: Endpoint) -> None:
        """Make sure that these credentials are for *endpoint*.

        Raises:
            CredsError: They are for the other side.
        """
        if self.endpoint is not endpoint:
            message = (
                f"{self.dir}: expected credentials of a {endpoint.value} endpoint, these are for a "
                f"{self.endpoint.value}: load them with endpoint={endpoint.value}"
            )
            raise CredsError(message)

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.dir} endpoint={self.endpoint.value}>"
