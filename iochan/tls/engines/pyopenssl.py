"""The engine over pyOpenSSL's public calls.

It does every handshake. For the data `iochan.tls.engines.bindings` has faster calls where this
installation of ``cryptography`` allows; this one works everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from OpenSSL import SSL, crypto

from iochan.core.buffers import Flat
from iochan.core.errors import HandshakeError, PeerRejected, RemoteProtocolError, TruncatedError, show_bytes
from iochan.tls.engines.engine import CLOSED, WANT_READ

__all__ = ["PyOpenSSLEngine", "VerifyFailure", "note_verify"]

RECORD = 16384
"""The most plain bytes in one TLS record (RFC 8446, 5.1)."""

_FIRST_BYTES = 24
_NOT_TLS = {
    "wrong version number",
    "http request",
    "https proxy request",
    "unknown protocol",
    "packet length too long",
    "record layer failure",
    "bad record type",
}
_EOF_REASON = "unexpected eof while reading"


@dataclass(frozen=True, slots=True)
class VerifyFailure:
    """Why a certificate was refused, as OpenSSL told during the handshake."""

    code: int
    depth: int
    subject: str
    reason: str

    def __str__(self) -> str:
        which = "its own certificate" if self.depth == 0 else f"the issuer {self.depth} steps above it"
        return f"{which} ({self.subject}): {self.reason}"


def note_verify(connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, ok: int) -> bool:
    """Leave OpenSSL's verdict as it is, and keep the first failure for the error's message.

    The verify callback of every context that creds make.
    """
    if not ok and connection.get_app_data() is None:
        subject = certificate.to_cryptography().subject.rfc4514_string()
        reason = crypto.X509StoreContextError("", [code], certificate)
        connection.set_app_data(VerifyFailure(code, depth, subject or "no subject", _verify_text(code, reason)))
    return bool(ok)


def _verify_text(code: int, _error: crypto.X509StoreContextError) -> str:
    return _VERIFY_TEXTS.get(code, f"verification error {code} of OpenSSL")


_VERIFY_TEXTS = {
    2: "its issuer is not known: is ca-cert.pem the CA that signed it?",
    7: "its signature is wrong",
    9: "it is not valid yet: check the clocks",
    10: "it has expired: reissue it, or check the clocks",
    18: "it is self-signed and not trusted: add it to ca-cert.pem",
    19: "its chain ends in a self-signed certificate that is not trusted: is ca-cert.pem the right one?",
    20: "its issuer is not known: is ca-cert.pem the CA that signed it?",
    21: "its issuer's certificate is missing: the peer must send its whole chain",
    23: "it was revoked",
    24: "its issuer is no CA",
    25: "its chain is longer than its issuers allow",
    26: "it is not meant for this use: its extended key usage lacks it",
    27: "it is not trusted for this use",
    32: "its issuer may not sign certificates",
    66: "its key is too weak",
    67: "its issuer's key is too weak",
    68: "it is signed with a weak hash",
}


class PyOpenSSLEngine:
    """One session of *context*.

    Args:
        context: Frozen by its first use, as pyOpenSSL has it.
        server: Which side we are.
        server_name: What a client asks for by SNI (ASCII); None for nothing.
    """

    __slots__ = ("_connection", "_first", "starved")

    def __init__(self, context: SSL.Context, *, server: bool, server_name: str | None = None) -> None:
        self._connection = SSL.Connection(context, None)
        self._first = b""
        self.starved = False
        if server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
            if server_name is not None:
                self._connection.set_tlsext_host_name(server_name.encode("ascii"))

    def handshake(self) -> bool:
        """See `Engine.handshake`."""
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.SysCallError as error:
            raise self._cut_handshake() from error
        except SSL.ZeroReturnError as error:
            message = "the peer closed the TLS session during the handshake: its log tells why"
            raise HandshakeError(message) from error
        except SSL.Error as error:
            raise self._failed_handshake(error) from error
        return True

    def feed(self, wire: memoryview) -> None:
        """See `Engine.feed`."""
        if not wire:
            self._connection.bio_shutdown()
            return
        self.note_first(wire)
        self._connection.bio_write(bytes(wire))

    def note_first(self, wire: memoryview) -> None:
        """Keep the first bytes of the peer, for messages."""
        if len(self._first) < _FIRST_BYTES:
            self._first += bytes(wire[: _FIRST_BYTES - len(self._first)])

    def read_into(self, view: memoryview) -> int:
        """See `Engine.read_into`."""
        try:
            return self._connection.recv_into(view, min(len(view), RECORD))
        except SSL.WantReadError:
            return WANT_READ
        except SSL.ZeroReturnError:
            return CLOSED
        except SSL.SysCallError as error:
            raise self.cut() from error
        except SSL.Error as error:
            raise self.broken(error) from error

    def feed_into(self, wire: memoryview, view: memoryview) -> int:
        """See `Engine.feed_into`."""
        self.feed(wire)
        return self.read_into(view)

    def seal(self, data: Flat, limit: int, room: memoryview) -> tuple[int, memoryview]:
        """See `Engine.seal`."""
        view = memoryview(data)[:limit]
        done = 0
        while done < len(view):
            done += self._connection.send(view[done : done + RECORD])
        return done, room[: self.take(room)]

    def take(self, room: memoryview) -> int:
        """See `Engine.take`."""
        try:
            data = self._connection.bio_read(len(room))
        except SSL.WantReadError:
            return 0
        room[: len(data)] = data
        return len(data)

    def close_notify(self) -> None:
        """See `Engine.close_notify`."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            # A session that failed before has no goodbye to say.
            return

    def free(self) -> None:
        """See `Engine.free`: pyOpenSSL frees with the object."""

    def version(self) -> str:
        """See `Engine.version`."""
        return self._connection.get_protocol_version_name()

    def cipher(self) -> str:
        """See `Engine.cipher`."""
        return self._connection.get_cipher_name() or "none"

    def group(self) -> str | None:
        """See `Engine.group`."""
        return self._connection.get_group_name()

    def peer_certificate(self) -> x509.Certificate | None:
        """See `Engine.peer_certificate`."""
        return self._connection.get_peer_certificate(as_cryptography=True)

    def peer_chain(self) -> list[x509.Certificate]:
        """See `Engine.peer_chain`."""
        own = self.peer_certificate()
        chain = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        # OpenSSL leaves a client's own certificate out of what a server sees as its chain.
        return chain if own is None or own in chain else [own, *chain]

    def cut(self) -> TruncatedError:
        """Return the error for a stream that ended without close_notify."""
        return TruncatedError(
            "the TLS stream was cut: it ended without close_notify, so bytes may be missing; read with "
            "relaxed_eof only where the protocol on top knows its own end"
        )

    def broken(self, error: SSL.Error) -> TruncatedError | RemoteProtocolError:
        """Return the error for a session that OpenSSL gave up after its handshake."""
        reasons = _reasons(error)
        if _EOF_REASON in reasons:
            return self.cut()
        return RemoteProtocolError(f"the TLS session failed: {'; '.join(reasons) or 'no reason given'}")

    def _cut_handshake(self) -> HandshakeError:
        what = "before its first byte: does it speak TLS?" if not self._first else "in the middle: its log tells why"
        return HandshakeError(f"the peer ended the connection during the TLS handshake, {what}")

    def _failed_handshake(self, error: SSL.Error) -> HandshakeError | PeerRejected:
        reasons = _reasons(error)
        text = "; ".join(reasons) or "no reason given"
        if "certificate verify failed" in reasons:
            failure = self._connection.get_app_data()
            return PeerRejected(f"the peer's certificate was refused: {failure or 'no reason given'}")
        if "peer did not return a certificate" in reasons:
            message = "the client sent no certificate, and one is required: give it one, or set verify_peer off"
            return PeerRejected(message)
        if _EOF_REASON in reasons:
            return self._cut_handshake()
        if self._first[:1] not in (b"\x15", b"\x16") and _NOT_TLS.intersection(reasons):
            message = f"the peer does not speak TLS: it began with {show_bytes(self._first)}; is the port right?"
            return HandshakeError(message)
        alerts = [reason for reason in reasons if "alert" in reason]
        if alerts:
            return HandshakeError(f"the peer refused the TLS handshake: {'; '.join(alerts)}; its log tells why")
        return HandshakeError(f"the TLS handshake failed: {text}")


def _reasons(error: SSL.Error) -> list[str]:
    queue = error.args[0] if error.args else ()
    return [entry[-1] for entry in queue if isinstance(entry, tuple) and entry[-1]]
