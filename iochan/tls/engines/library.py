"""What the sessions of all libraries have in common: the order of things, and what is said of failures.

Every engine is OpenSSL in the end, so their errors have the same reasons; only the names of the exceptions
and the calls differ, which are the subclasses' to give.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, TypeAlias

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

__all__ = ["Errors", "LibraryCodec"]

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
_NO_PROTOCOL = "no application protocol"

Errors: TypeAlias = tuple[type[Exception], ...]


class LibraryCodec(TlsCodec):
    """A session of some library; a subclass gives the calls and names the exceptions.

    Attributes:
        WANT_READ: Raised when more of the wire is needed.
        ZERO_RETURN: Raised when the peer said close_notify.
        CUT: Raised when the wire ended without it.
        ERRORS: Raised for everything else, and the bases of the others.
    """

    WANT_READ: ClassVar[Errors]
    ZERO_RETURN: ClassVar[Errors]
    CUT: ClassVar[Errors]
    ERRORS: ClassVar[Errors]

    def __init__(self, *, server: bool, check: PeerCheck | None = None, alpn: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.check = check or PeerCheck()
        self._server = server
        self._alpn = alpn
        self._first = b""
        self._ended = False
        self._was_cut = False
        self._goodbye_said = False
        self._holds_tickets = False

    @abstractmethod
    def shake(self) -> None:
        """Go on with the handshake; the library's errors pass through, here and below."""

    @abstractmethod
    def feed(self, wire: memoryview) -> None:
        """Give bytes of the wire to the library."""

    @abstractmethod
    def end_wire(self) -> None:
        """Tell the library that the wire ended."""

    @abstractmethod
    def open_into(self, view: Room) -> int:
        """Decrypt into *view*; 0 for the end, if the library does not raise it."""

    @abstractmethod
    def put(self, data: memoryview) -> int:
        """Encrypt some of *data*, at most a record, and return how much."""

    @abstractmethod
    def take(self, room: memoryview) -> int:
        """Put what has to be sent into *room* and return how many bytes that is, 0 when all is out."""

    @abstractmethod
    def say_goodbye(self) -> None:
        """Make the library say close_notify."""

    @abstractmethod
    def reasons(self, error: Exception) -> list[str]:
        """Return OpenSSL's reasons of *error*, in small letters."""

    @abstractmethod
    def verify_text(self, error: Exception) -> str:
        """Return why the certificate was refused, which *error* of a handshake tells."""

    @override
    def step(self) -> bool:
        self.has_output = True
        try:
            self.shake()
        except self.WANT_READ:
            return False
        except self.CUT as error:
            raise self._cut_handshake() from error
        except self.ZERO_RETURN as error:
            message = "the peer closed the TLS session during the handshake: its log tells why"
            raise HandshakeError(message) from error
        except self.ERRORS as error:
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
            self.end_wire()
            return
        if len(self._first) < _FIRST_BYTES:
            self._first += bytes(wire[: _FIRST_BYTES - len(self._first)])
        self.feed(wire)

    @override
    def decode_into(self, view: Room, *, relaxed_eof: bool = False) -> int:
        if self._ended:
            return 0
        try:
            if not self._was_cut:
                return self.open_into(view) or self._end()
        except self.WANT_READ:
            return self._starve()
        except self.ZERO_RETURN:
            return self._end()
        except self.ERRORS as error:
            # OpenSSL tells it once only.
            self._was_cut = isinstance(error, self.CUT) or _EOF_REASON in self.reasons(error)
            if not self._was_cut:
                raise self._broken(error) from error
        if relaxed_eof:
            return self._end()
        raise _cut()

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
                done += self.put(data[done : done + RECORD])
        except self.ERRORS as error:
            if not done:
                raise self._broken(error) from error
        return done, (room[: self.take(room)],)

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        got = self.take(room)
        if got < len(room):
            self.has_output = False
        return (room[:got],) if got else ()

    @override
    def goodbye(self) -> None:
        if self._goodbye_said:
            return
        self._goodbye_said = self.has_output = True
        self._holds_tickets = False
        try:
            self.say_goodbye()
        except self.ERRORS:
            # A session that failed before has no goodbye to say.
            return

    def no_protocol(self) -> HandshakeError:
        """Return the error for peers that have no application protocol in common."""
        ours = ", ".join(map(show_text, self._alpn))
        if self._server:
            what = f"the client offers none of our application protocols ({ours})"
        else:
            what = f"the server has none of the application protocols that we offer ({ours})"
        return HandshakeError(f"{what}: set alpn alike on both sides")

    def _cut_handshake(self) -> HandshakeError:
        what = (
            "before its first byte: does it speak TLS?"
            if not self._first
            else "in the middle: its log tells why"
        )
        return HandshakeError(f"the peer ended the connection during the TLS handshake, {what}")

    def _failed_handshake(self, error: Exception) -> Exception:
        reasons = self.reasons(error)
        failure = self.check.take_failure()
        if failure is not None:
            return failure
        if "certificate verify failed" in reasons:
            return PeerRejected(f"the peer's certificate was refused: {self.verify_text(error)}")
        if "peer did not return a certificate" in reasons:
            message = (
                "the client sent no certificate, and one is required: give it one, or set verify_peer off"
            )
            return PeerRejected(message)
        return self._explain(reasons)

    def _explain(self, reasons: list[str]) -> HandshakeError:
        if _EOF_REASON in reasons:
            return self._cut_handshake()
        if any(_NO_PROTOCOL in reason for reason in reasons):
            return self.no_protocol()
        if self._first[:1] not in (b"\x15", b"\x16") and _NOT_TLS.intersection(reasons):
            began = show_bytes(self._first)
            return HandshakeError(f"the peer does not speak TLS: it began with {began}; is the port right?")
        alerts = "; ".join(reason for reason in reasons if "alert" in reason)
        if alerts:
            return HandshakeError(f"the peer refused the TLS handshake: {alerts}; its log tells why")
        return HandshakeError(f"the TLS handshake failed: {'; '.join(reasons) or 'no reason given'}")

    def _broken(self, error: Exception) -> RemoteProtocolError:
        reasons = self.reasons(error)
        text = "; ".join(reasons) or "no reason given"
        if any("alert" in reason for reason in reasons):
            # In TLS 1.3 a server refuses a client's certificate only after the client's handshake.
            return RemoteProtocolError(f"the peer ended the TLS session: {text}; its log tells why")
        return RemoteProtocolError(f"the TLS session failed: {text}; open a new one")


def _cut() -> TruncatedError:
    return TruncatedError(
        "the TLS stream was cut: it ended without close_notify, so bytes may be missing; read with "
        "RELAXED_EOF only where the protocol on top knows its own end"
    )
