"""What every kind of TLS credentials has: a side, a directory, and one context for all its sessions."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from OpenSSL import SSL
from typing_extensions import override

from iochan.core.errors import CredsError

__all__ = ["MAX_SESSIONS", "Endpoint", "TlsCreds", "read_endpoint"]


MAX_SESSIONS = 256
"""How many sessions a client's creds keep to go on from."""


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


class TlsCreds:
    """Credentials that are loaded and checked: a kind of its own sits above.

    One object serves any number of sessions; sessions that run keep what they began with.
    """

    __slots__ = ("_context", "_dir", "_endpoint", "_sessions", "_verify_peer")

    def __init__(
        self,
        context: SSL.Context,
        *,
        dir: Path | None,  # noqa: A002 - QEMU's name for it
        endpoint: Endpoint,
        verify_peer: bool,
    ) -> None:
        self._context = context
        self._sessions: dict[str, tuple[SSL.Context, object]] = {}
        self._dir = dir
        self._endpoint = endpoint
        self._verify_peer = verify_peer

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(dir={str(self._dir)!r}, endpoint={self._endpoint.value!r})"

    @property
    def dir(self) -> Path | None:
        """The directory that the files came from; None if there is none."""
        return self._dir

    @property
    def endpoint(self) -> Endpoint:
        """The side that these credentials are for."""
        return self._endpoint

    @property
    def verify_peer(self) -> bool:
        """Whether the peer must prove who it is; a server then demands a client's certificate."""
        return self._verify_peer

    @property
    def demands_certificate(self) -> bool:
        """Whether a session ends unless the peer's certificate is good."""
        return self._verify_peer

    @property
    def proves_name(self) -> bool:
        """Whether a peer that comes through the handshake has proved a name."""
        return self._verify_peer

    @property
    def context(self) -> SSL.Context:
        """What sessions are made of; pyOpenSSL freezes it when the first one is."""
        return self._context

    @property
    def resumes(self) -> bool:
        """Whether a client goes on from earlier sessions, which saves the certificates."""
        return False

    def session_of(self, hostname: str) -> object | None:
        """Return the last session with *hostname* that can be gone on from, once: it is given away."""
        context, session = self._sessions.pop(hostname, (None, None))
        # After a reload none counts that was verified by what stood in the files before.
        return session if context is self._context else None

    def keep_session(self, hostname: str, session: object, context: SSL.Context) -> None:
        """Keep *session* of *context* for the next connection to *hostname*; the oldest of many goes."""
        self._sessions.pop(hostname, None)
        self._sessions[hostname] = (context, session)
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)), None)

    def require(self, endpoint: Endpoint) -> None:
        """Do nothing if these credentials are for *endpoint*.

        Raises:
            CredsError: They are for the other side.
        """
        if self._endpoint is not endpoint:
            message = (
                f"{self._dir}: expected TLS credentials for a {endpoint.value} endpoint, and these are for a "
                f"{self._endpoint.value}: load them with endpoint={endpoint.value}"
            )
            raise CredsError(message)
