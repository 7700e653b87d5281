"""What the TLS codec asks of an engine."""

from __future__ import annotations

from typing import Final, Protocol

from cryptography import x509

from iochan.core.buffers import Flat

__all__ = ["CLOSED", "WANT_READ", "Engine"]

WANT_READ: Final = -1
"""What `Engine.read_into` returns when it needs more of the wire."""

CLOSED: Final = 0
"""What `Engine.read_into` returns after the peer's close_notify."""


class Engine(Protocol):
    """One TLS session over memory. No call waits, and none is made by two threads at a time.

    Attributes:
        starved: After `feed_into`: whether `read_into` is sure to want more wire.
    """

    starved: bool

    def handshake(self) -> bool:
        """Go on with the handshake; True once it is complete.

        Raises:
            HandshakeError: It failed; what has to be sent (an alert) is there to `take`.
            PeerRejected: The peer's certificate was refused.
        """

    def feed(self, wire: memoryview) -> None:
        """Take bytes from the wire; none mean that it has ended."""

    def read_into(self, view: memoryview) -> int:
        """Decrypt into *view* and return how many bytes; `WANT_READ` or `CLOSED` if there are none.

        Raises:
            TruncatedError: The wire ended without close_notify.
            RemoteProtocolError: The peer broke the protocol.
        """

    def feed_into(self, wire: memoryview, view: memoryview) -> int:
        """Do `feed`, then `read_into`; `starved` tells whether another read could give something."""

    def seal(self, data: Flat, limit: int, room: memoryview) -> tuple[int, memoryview]:
        """Encrypt up to *limit* bytes of *data*, at least one.

        Returns:
            How many bytes were accepted, and all that has to be sent now, which lies in *room*.
        """

    def take(self, room: memoryview) -> int:
        """Put what has to be sent into *room* and return how many bytes that is, 0 when all is out."""

    def close_notify(self) -> None:
        """Queue the goodbye of our direction."""

    def free(self) -> None:
        """Give back memory outside Python; a second call does nothing."""

    def version(self) -> str:
        """Return the protocol's name, such as ``TLSv1.3``."""

    def cipher(self) -> str:
        """Return the cipher suite's name."""

    def group(self) -> str | None:
        """Return the name of the key exchange group, if the engine can tell."""

    def peer_certificate(self) -> x509.Certificate | None:
        """Return the peer's own certificate, if it sent one."""

    def peer_chain(self) -> list[x509.Certificate]:
        """Return the certificates that the peer sent, its own first."""
