"""One TLS session over memory: bytes in, bytes out, and who the peer is.

`iochan.tls.layer` puts one on a channel. Alone it serves authors of protocols whose TLS records travel in
messages of their own, as in EAP-TLS, or over what is no channel::

    session = Session.client(creds, hostname="db.example.org")
    while not session.handshake():
        send(session.outgoing())
        session.receive(get())
    send(session.outgoing() + session.write(b"hello"))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from iochan.authz.base import Authz
from iochan.core.attribute import Attribute, Attributes
from iochan.core.buffers import Flat
from iochan.core.codec import STARVED
from iochan.core.errors import CredsError, LocalProtocolError, show_text
from iochan.core.facts import PEER_NAME
from iochan.core.scratch import borrow, give_back
from iochan.tls.codec import TlsCodec
from iochan.tls.creds import TlsCreds
from iochan.tls.endpoint import Endpoint
from iochan.tls.facts import (
    TLS_ALPN,
    TLS_CHANNEL_BINDING,
    TLS_CIPHER,
    TLS_EXPORTER,
    TLS_GROUP,
    TLS_PEER_CERTIFICATE,
    TLS_PEER_CHAIN,
    TLS_PEER_NAME,
    TLS_PEER_NAMES,
    TLS_RESUMED,
    TLS_VERSION,
)
from iochan.tls.identity import alternative_names, distinguished_name, server_name
from iochan.tls.peercheck import PeerCheck

__all__ = ["MAX_UNREAD", "Session"]

T = TypeVar("T")

MAX_UNREAD = 1 << 20
"""How many bytes of the wire a session holds: a handshake, or what waits to be read."""

_AUTHZ_BY = ("subject", "san")


class Session:
    """One session of *creds*; `client` and `server` make one.

    Nothing here waits or sends. What comes from the wire goes to `receive`, what has to be sent is what
    `outgoing`, `write` and `end` return; after an error too, since it may be an alert for the peer.

    Attributes:
        creds: What the session proves itself by; a reload of them changes nothing in it.
        codec: What does the work, for a pump such as `iochan.core.codeclayer.CodecLayer`, which uses it
            instead of the calls here.
    """

    __slots__ = ("_check", "_context", "_established", "_resume_as", "_unread", "codec", "creds")

    def __init__(
        self,
        creds: TlsCreds,
        check: PeerCheck,
        *,
        server_name: str | None = None,
        resume_as: str | None = None,
    ) -> None:
        self.creds = creds
        self._check = check
        creds.refresh()
        self._context = creds.context
        self._established = False
        self._unread = 0
        self._resume_as = resume_as
        server = creds.endpoint is Endpoint.SERVER
        self.codec: TlsCodec = creds.engine.codec(
            self._context, server=server, server_name=server_name, check=check, alpn=creds.settings.alpn
        )
        earlier = None if resume_as is None else creds.session_of(resume_as)
        if earlier is not None:
            self.codec.resume(earlier)

    @classmethod
    def client(cls, creds: TlsCreds, *, hostname: str | None = None) -> Session:
        """Return a client's session.

        Args:
            creds: Credentials for a client.
            hostname: Who the server must be: a DNS name or an IP address, also sent as SNI if it is a
                name. It must be given unless *creds* verify nobody.

        Raises:
            CredsError: *creds* are for a server, or *hostname* is missing or is none.
        """
        creds.require(Endpoint.CLIENT)
        if hostname is None and creds.demands_certificate:
            message = (
                "no host name to check the server's certificate against: give hostname=…, or set verify_peer "
                "off"
            )
            raise CredsError(message)
        name = None if hostname is None else server_name(hostname)
        check = PeerCheck(hostname if creds.demands_certificate else None, ocsp=creds.settings.ocsp)
        resume_as = (hostname or "") if creds.resumes else None
        return cls(creds, check, server_name=name, resume_as=resume_as)

    @classmethod
    def server(cls, creds: TlsCreds, *, authz: Authz | None = None, authz_by: str = "subject") -> Session:
        """Return a server's session.

        Args:
            creds: Credentials for a server.
            authz: Who may come in, by the distinguished name of its verified certificate or its PSK
                identity; asked inside the handshake, which may wait as long as it does. None for
                everybody whom *creds* let in.
            authz_by: ``subject``, or ``san`` to ask for the alternative names of the certificate, such
                as ``DNS:a.example`` and ``URI:spiffe://…``, of which one has to be allowed.

        Raises:
            CredsError: *creds* are for a client, or prove no name that *authz* could be asked for, or
                *authz_by* is neither.
        """
        if authz_by not in _AUTHZ_BY:
            message = f"tls: authz-by {show_text(authz_by)} is none: write {' or '.join(_AUTHZ_BY)}"
            raise CredsError(message)
        creds.require(Endpoint.SERVER)
        if authz is not None and not creds.proves_name:
            message = (
                f"{creds.dir or 'anonymous TLS'}: authorisation needs peers that prove their names, and "
                "these credentials let them come without: set verify_peer on, or use certificates or PSK"
            )
            raise CredsError(message)
        return cls(creds, PeerCheck(authz=authz, by_alternative=authz_by == "san"))

    @property
    def established(self) -> bool:
        """Whether the handshake is done and the peer is who it must be."""
        return self._established

    def handshake(self) -> bool:
        """Go as far as the bytes allow that came; True once the session is `established`.

        False means: send `outgoing`, then `receive` more, then call again. After True `outgoing` has the
        last message, which the peer waits for.

        Raises:
            HandshakeError: It failed; `outgoing` may have an alert for the peer.
            PeerRejected: The peer is not who it must be.
        """
        if not self._established and self.codec.step():
            self.confirm()
        return self._established

    def confirm(self) -> None:
        """Check what can be checked when the codec has done its handshake; a pump has to call it.

        Raises:
            PeerRejected: The peer is not who it must be.
        """
        if self.creds.demands_certificate:
            self._check.require(self.codec.peer_certificate)
        self._established = True

    def receive(self, wire: Flat) -> None:
        """Take bytes that came from the wire; none mean that it ended.

        Raises:
            LocalProtocolError: `MAX_UNREAD` bytes came since `read` last returned None: read them first.
        """
        self._unread += len(wire)
        if self._unread > MAX_UNREAD:
            message = (
                f"the TLS session holds {MAX_UNREAD} bytes that were not read: read until there are none"
            )
            raise LocalProtocolError(message)
        self.codec.receive(memoryview(wire))

    def outgoing(self) -> bytes:
        """Return what has to be sent now, each byte once; empty when there is nothing."""
        wire = b""
        room = borrow()
        try:
            while self.codec.has_output:
                wire += b"".join(self.codec.outgoing(room))
        finally:
            give_back(room)
        return wire

    def read(self, size: int = 65536) -> bytes | None:
        """Return up to *size* plain bytes; empty for the end, None when more of the wire is needed.

        Answers that the protocol owes may be in `outgoing` afterwards.

        Raises:
            LocalProtocolError: The handshake is not done.
            TruncatedError: The wire ended without close_notify.
            RemoteProtocolError: The peer broke the protocol; `outgoing` has the alert.
        """
        self._require_established()
        room = bytearray(size)
        got = self.codec.decode_into(memoryview(room))
        if got == STARVED:
            self._unread = 0
            return None
        return bytes(room[:got])

    def write(self, data: Flat) -> bytes:
        """Return *data* as it has to be sent, behind what `outgoing` had.

        Raises:
            LocalProtocolError: The handshake is not done.
            RemoteProtocolError: The session is broken.
        """
        self._require_established()
        wire: list[bytes] = []
        left = memoryview(data)
        room = borrow()
        try:
            while left:
                done, pieces = self.codec.encode((left,), room)
                wire.append(b"".join(pieces))
                left = left[done:]
        finally:
            give_back(room)
        return b"".join(wire)

    def end(self) -> bytes:
        """Return the goodbye of our direction as it has to be sent; reads go on after it."""
        self.remember()
        self.codec.goodbye()
        return self.outgoing()

    def remember(self) -> None:
        """Let the next session with the same host name go on from this one, if *creds* have that wish."""
        if self._resume_as is not None and self._established:
            earlier = self.codec.session()
            if earlier is not None:
                self.creds.keep_session(self._resume_as, earlier, self._context)

    def export(self, label: str, size: int, context: bytes | None = None) -> bytes:
        """Return *size* bytes that the two ends of this session can make and nobody else (RFC 5705).

        Args:
            label: What they are for, such as ``EXPORTER-my-protocol``.
            size: How many, at least 1.
            context: What else they depend on; in TLS 1.2 None differs from empty.

        Raises:
            LocalProtocolError: The handshake is not done.
        """
        self._require_established()
        return self.codec.export(label.encode(), size, context)

    def extra(self, attribute: Attribute[T]) -> T:
        """Return a fact about the session, one of `iochan.tls.facts`, as a channel's ``extra`` does.

        Raises:
            LookupError: It is none of a TLS session.
        """
        find: Callable[[], T] | None = self.attributes().get(attribute)
        if find is None:
            message = f"a TLS session does not know the {attribute.name}"
            raise LookupError(message)
        return find()

    def attributes(self) -> Attributes:
        """Return what the session knows."""
        codec = self.codec
        return {
            TLS_VERSION: codec.version,
            TLS_CIPHER: codec.cipher,
            TLS_GROUP: codec.group,
            TLS_PEER_CERTIFICATE: codec.peer_certificate,
            TLS_ALPN: codec.alpn,
            TLS_CHANNEL_BINDING: self._channel_binding,
            TLS_RESUMED: codec.resumed,
            TLS_PEER_CHAIN: codec.peer_chain,
            TLS_PEER_NAME: self._peer_name,
            PEER_NAME: self._peer_name,
            TLS_PEER_NAMES: self._peer_names,
            TLS_EXPORTER: lambda: self.export,
        }

    def _channel_binding(self) -> bytes:
        return self.export("EXPORTER-Channel-Binding", 32, b"")

    def _peer_name(self) -> str | None:
        certificate = self.codec.peer_certificate()
        if certificate is None or not self.creds.demands_certificate:
            return self._check.psk_identity
        return distinguished_name(certificate)

    def _peer_names(self) -> list[str]:
        certificate = self.codec.peer_certificate()
        if certificate is None or not self.creds.demands_certificate:
            return []
        return alternative_names(certificate)

    def _require_established(self) -> None:
        if not self._established:
            message = "the TLS session has not done its handshake: call handshake() until it is True"
            raise LocalProtocolError(message)
