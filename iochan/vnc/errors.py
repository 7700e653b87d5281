"""What can go wrong between a viewer and a server."""

from __future__ import annotations

from iochan.core.errors import HandshakeError, LimitExceeded, PeerRejected, RemoteProtocolError

__all__ = ["LoginFailed", "RfbError", "RfbLimit", "SecurityMismatch", "ServerRefused"]


class RfbError(RemoteProtocolError):
    """The peer sent what RFB forbids (RFC 6143, or the community's specification)."""


class RfbLimit(LimitExceeded, RfbError):  # noqa: N818 - as LimitExceeded
    """A length, a count or a rectangle from the peer is past its limit; nothing was allocated for it."""


class SecurityMismatch(HandshakeError):  # noqa: N818 - names the state
    """The two sides have no security type in common that both may use."""


class ServerRefused(HandshakeError):  # noqa: N818 - names the verdict
    """The server ended the handshake; the message has the reason that it gave."""


class LoginFailed(PeerRejected):
    """A password or a user was wrong, or comes too often; the message says which side should do what."""
