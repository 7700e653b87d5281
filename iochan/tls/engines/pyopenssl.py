"""The engine over pyOpenSSL's public calls.

It does every handshake. For the data `iochan.tls.engines.bindings` has faster calls where this
installation of ``cryptography`` allows; this one works everywhere.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from cryptography import x509
from OpenSSL import SSL, crypto
from typing_extensions import override

from iochan.core.buffers import Flat, Room
from iochan.core.codec import BATCH, STARVED
from iochan.core.errors import (
    HandshakeError,
    PeerRejected,
    RemoteProtocolError,
    TruncatedError,
    show_bytes,
    show_text,
)
from iochan.tls.codec import RECORD, TlsCodec, join_pieces
from iochan.tls.peercheck import PeerCheck
from iochan.tls.unreadable import UNREADABLE
from iochan.tls.verifytext import VERIFY_TEXTS

__all__ = ["PyOpenSSLCodec", "VerifyFailure", "note_verify"]

T = TypeVar("T")

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

    @override
    def __str__(self) -> str:
        which = "its own certificate" if self.depth == 0 else f"the issuer {self.depth} steps above it"
        return f"{which} ({self.subject}): {self.reason}"


_NO_CRL = 3
"""``X509_V_ERR_UNABLE_TO_GET_CRL``: a CA without a list has revoked nobody, as GnuTLS has it."""


def note_verify(connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, ok: int) -> bool:
    """Take OpenSSL's verdict on each certificate, and ask the session's `PeerCheck` about the peer's own.

    The verify callback of every context that creds make; it must not raise, since pyOpenSSL would raise
    that in whatever session of the context is next.
    """
    if code == _NO_CRL and not ok:
        return True
    codec: PyOpenSSLCodec | None = connection.get_app_data()
    if codec is None:
        return bool(ok)
    if ok:
        return depth > 0 or codec.check.check_certificate(certificate.to_cryptography)
    if codec.failure is None:
        try:
            subject = certificate.to_cryptography().subject.rfc4514_string()
        except UNREADABLE:
            subject = "it cannot be read"
        reason = VERIFY_TEXTS.get(code, f"verification error {code} of OpenSSL")
        codec.failure = VerifyFailure(code, depth, subject or "no subject", reason)
    return False


class PyOpenSSLCodec(TlsCodec):
    """One session of *context*.

    Args:
        context: Frozen by its first use, as pyOpenSSL has it.
        server: Which side we are.
        server_name: What a client asks for by SNI (ASCII); None for nothing.
        check: What the peer must meet; None for no more than the context demands.
    """

    def __init__(
        self,
        context: SSL.Context,
        *,
        server: bool,
        server_name: str | None = None,
        check: PeerCheck | None = None,
    ) -> None:
        super().__init__()
        self.check = check or PeerCheck()
        self.failure: VerifyFailure | None = None
        self._connection = SSL.Connection(context, None)
        self._connection.set_app_data(weakref.proxy(self))
        self._server = server
        self._first = b""
        self._ended = False
        self._was_cut = False
        self._goodbye_said = False
        self._holds_tickets = False
        if server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
            if server_name is not None:
                self._connection.set_tlsext_host_name(server_name.encode("ascii"))

    @override
    def step(self) -> bool:
        self.has_output = True
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
        # What a TLS 1.3 server has to send now are tickets, which wait (see iochan.tls.codec).
        self._holds_tickets = self._server and self.version() == "TLSv1.3"
        self.has_output = not self._holds_tickets
        # Bytes behind the handshake may have come with it.
        self.starved = False
        return True

    @override
    def receive(self, wire: memoryview) -> None:
        self.starved = False
        if not wire:
            self._connection.bio_shutdown()
            return
        if len(self._first) < _FIRST_BYTES:
            self._first += bytes(wire[: _FIRST_BYTES - len(self._first)])
        self.feed(wire)

    def feed(self, wire: memoryview) -> None:
        """Give bytes of the wire to the library."""
        self._connection.bio_write(bytes(wire))

    @override
    def decode_into(self, view: Room, *, relaxed_eof: bool = False) -> int:
        if self._ended:
            return 0
        try:
            if not self._was_cut:
                return self.open_into(view)
        except SSL.WantReadError:
            return self._starve()
        except SSL.ZeroReturnError:
            return self._end()
        except SSL.Error as error:
            # OpenSSL tells it once only.
            self._was_cut = isinstance(error, SSL.SysCallError) or _EOF_REASON in _reasons(error)
            if not self._was_cut:
                raise _broken(error) from error
        if relaxed_eof:
            return self._end()
        raise _cut()

    def open_into(self, view: Room) -> int:
        """Decrypt into *view*; the library's errors pass through."""
        return self._connection.recv_into(view, min(len(view), RECORD))

    def _starve(self) -> int:
        """Note that more of the wire is needed; answers to what was read may be there now."""
        self.starved = True
        self.has_output = not self._holds_tickets
        return STARVED

    def _end(self) -> int:
        """Note the end of the stream."""
        self._ended = True
        self.has_output = not self._holds_tickets
        return 0

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        self._holds_tickets = False
        data = memoryview(join_pieces(pieces))[:BATCH]
        done = 0
        try:
            while done < len(data):
                done += self._connection.send(data[done : done + RECORD])
        except SSL.Error as error:
            if not done:
                raise _broken(error) from error
        return done, (room[: self.take(room)],)

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        got = self.take(room)
        if got < len(room):
            self.has_output = False
        return (room[:got],) if got else ()

    def take(self, room: memoryview) -> int:
        """Put what has to be sent into *room* and return how many bytes that is, 0 when all is out."""
        try:
            data = self._connection.bio_read(len(room))
        except SSL.WantReadError:
            return 0
        room[: len(data)] = data
        return len(data)

    @override
    def goodbye(self) -> None:
        if self._goodbye_said:
            return
        self._goodbye_said = self.has_output = True
        self._holds_tickets = False
        try:
            self._connection.shutdown()
        except SSL.Error:
            # A session that failed before has no goodbye to say.
            return

    @override
    def version(self) -> str:
        return self._connection.get_protocol_version_name()

    @override
    def cipher(self) -> str:
        return self._connection.get_cipher_name() or "none"

    @override
    def group(self) -> str | None:
        return self._connection.get_group_name()

    @override
    def alpn(self) -> str | None:
        return self._connection.get_alpn_proto_negotiated().decode("utf-8", "backslashreplace") or None

    @override
    def export(self, label: bytes, size: int, context: bytes | None) -> bytes:
        return self._connection.export_keying_material(label, size, context)

    @override
    def session(self) -> object | None:
        return self._connection.get_session()

    @override
    def resume(self, session: object) -> None:
        if isinstance(session, SSL.Session):
            self._connection.set_session(session)

    @override
    def resumed(self) -> bool | None:
        return None

    @override
    def peer_certificate(self) -> x509.Certificate | None:
        return _readable(partial(self._connection.get_peer_certificate, as_cryptography=True))

    @override
    def peer_chain(self) -> list[x509.Certificate]:
        own = self.peer_certificate()
        chain = _readable(partial(self._connection.get_peer_cert_chain, as_cryptography=True)) or []
        # OpenSSL leaves a client's own certificate out of what a server sees as its chain.
        return chain if own is None or own in chain else [own, *chain]

    def _cut_handshake(self) -> HandshakeError:
        what = (
            "before its first byte: does it speak TLS?"
            if not self._first
            else "in the middle: its log tells why"
        )
        return HandshakeError(f"the peer ended the connection during the TLS handshake, {what}")

    def _failed_handshake(self, error: SSL.Error) -> Exception:
        reasons = _reasons(error)
        failure = self.check.take_failure()
        if failure is not None:
            return failure
        if "certificate verify failed" in reasons:
            return PeerRejected(f"the peer's certificate was refused: {self.failure or 'no reason given'}")
        if "peer did not return a certificate" in reasons:
            message = (
                "the client sent no certificate, and one is required: give it one, or set verify_peer off"
            )
            return PeerRejected(message)
        if _EOF_REASON in reasons:
            return self._cut_handshake()
        return HandshakeError(self._explain(reasons))

    def _explain(self, reasons: list[str]) -> str:
        if self._first[:1] not in (b"\x15", b"\x16") and _NOT_TLS.intersection(reasons):
            return f"the peer does not speak TLS: it began with {show_bytes(self._first)}; is the port right?"
        alerts = [reason for reason in reasons if "alert" in reason]
        if alerts:
            return f"the peer refused the TLS handshake: {'; '.join(alerts)}; its log tells why"
        return f"the TLS handshake failed: {'; '.join(reasons) or 'no reason given'}"


def _readable(read: Callable[[], T]) -> T:
    """Return what *read* makes of the peer's certificates, which OpenSSL may have let pass as they are."""
    try:
        return read()
    except UNREADABLE as error:
        message = f"the peer's certificate cannot be read ({show_text(str(error))}): reissue it"
        raise PeerRejected(message) from error


def _cut() -> TruncatedError:
    return TruncatedError(
        "the TLS stream was cut: it ended without close_notify, so bytes may be missing; read with "
        "RELAXED_EOF only where the protocol on top knows its own end"
    )


def _broken(error: SSL.Error) -> RemoteProtocolError:
    reasons = _reasons(error)
    text = "; ".join(reasons) or "no reason given"
    if any("alert" in reason for reason in reasons):
        # In TLS 1.3 a server refuses a client's certificate only after the client's handshake.
        return RemoteProtocolError(f"the peer ended the TLS session: {text}; its log tells why")
    return RemoteProtocolError(f"the TLS session failed: {text}; open a new one")


def _reasons(error: SSL.Error) -> list[str]:
    queue = error.args[0] if error.args else ()
    return [entry[-1] for entry in queue if isinstance(entry, tuple) and entry[-1]]
