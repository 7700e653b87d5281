"""The TLS codec: one session over memory, whatever library does the cryptography.

Session tickets: a TLS 1.3 server has them ready when its handshake ends. Sending them at once would
deadlock with a client that writes first and never reads, and a client that closes with them unread
resets the connection and loses what it sent. So a codec keeps them until the first bytes that the
server sends anyway.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from cryptography import x509

from iochan.core.buffers import Flat
from iochan.core.codec import BATCH, Codec

__all__ = ["RECORD", "TlsCodec", "join_pieces"]

RECORD = 16384
"""The most plain bytes in one TLS record (RFC 8446, 5.1)."""


class TlsCodec(Codec):
    """What every engine offers beside the codec's calls: facts about the session."""

    half_close = True

    @abstractmethod
    def version(self) -> str:
        """Return the protocol's name, such as ``TLSv1.3``."""

    @abstractmethod
    def cipher(self) -> str:
        """Return the cipher suite's name."""

    @abstractmethod
    def group(self) -> str | None:
        """Return the name of the key exchange group, if the engine can tell."""

    @abstractmethod
    def alpn(self) -> str | None:
        """Return the application protocol that both agreed on."""

    @abstractmethod
    def export(self, label: bytes, size: int, context: bytes | None) -> bytes:
        """Return keying material for other protocols (RFC 5705)."""

    @abstractmethod
    def session(self) -> object | None:
        """Return what `resume` takes; None when the peer has given nothing to resume by yet."""

    @abstractmethod
    def resume(self, session: object) -> None:
        """Offer to go on from *session*, of the same creds and host name; before the first step."""

    @abstractmethod
    def resumed(self) -> bool | None:
        """Tell whether this session goes on from an earlier one; None if the engine cannot tell."""

    @abstractmethod
    def peer_certificate(self) -> x509.Certificate | None:
        """Return the peer's own certificate, if it sent one."""

    @abstractmethod
    def peer_chain(self) -> list[x509.Certificate]:
        """Return the certificates that the peer sent, its own first."""


def join_pieces(pieces: Sequence[Flat]) -> Flat:
    """Return the pieces from the front as one, until a whole record is full.

    A record of its own for each small piece costs more than a copy, and a header apart from its
    payload makes some peers wait.
    """
    if len(pieces[0]) >= RECORD:
        return pieces[0]
    joined: list[Flat] = []
    size = 0
    for piece in pieces:
        joined.append(piece if size + len(piece) <= BATCH else memoryview(piece)[: BATCH - size])
        size += len(joined[-1])
        if size >= RECORD:
            break
    return b"".join(joined)
