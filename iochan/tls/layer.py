"""TLS over any channel."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import override

from iochan.authz.base import Authz
from iochan.core.attribute import Attributes
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import CredsError, RemoteProtocolError, show_text
from iochan.core.facts import PEER_NAME
from iochan.core.op import Op, run
from iochan.core.upgrade import Upgrade
from iochan.tls.creds import Endpoint, TlsCreds
from iochan.tls.engines.select import make_codec
from iochan.tls.facts import (
    TLS_ALPN,
    TLS_CHANNEL_BINDING,
    TLS_CIPHER,
    TLS_GROUP,
    TLS_PEER_CERTIFICATE,
    TLS_PEER_CHAIN,
    TLS_PEER_NAME,
    TLS_RESUMED,
    TLS_VERSION,
)
from iochan.tls.identity import distinguished_name, server_name
from iochan.tls.peercheck import PeerCheck

__all__ = [
    "TlsLayer",
    "start_tls",
    "start_tls_op",
    "tls_client",
    "tls_server",
    "upgrade",
]

_AUTHZ_BY = ("subject", "san")


class TlsLayer(CodecLayer):
    """One TLS session on *lower*.

    Closing says close_notify in our direction and does not wait for the peer's (QEMU's ``bye``;
    RFC 8446, 6.1). A stream that ends without the peer's is `TruncatedError`, unless a read asks
    for `ReadFlag.RELAXED_EOF` or this program shut the reading direction down.
    """

    __slots__ = ("_check", "_context", "_creds", "_resume_as", "_tls")

    def __init__(
        self,
        lower: Channel,
        creds: TlsCreds,
        check: PeerCheck,
        *,
        server_name: str | None = None,
        resume_as: str | None = None,
    ) -> None:
        self._creds = creds
        self._context = creds.context
        server = creds.endpoint is Endpoint.SERVER
        self._tls = make_codec(self._context, server=server, server_name=server_name, check=check)
        super().__init__(lower, self._tls, "tls")
        self._check = check
        self._resume_as = resume_as
        session = None if resume_as is None else creds.session_of(resume_as)
        if session is not None:
            self._tls.resume(session)

    @override
    def check_established(self) -> None:
        if self._creds.demands_certificate:
            self._check.require(self._tls.peer_certificate())

    @override
    def farewell_op(self) -> Op[None]:
        if self._resume_as is not None and self._established:
            session = self._tls.session()
            if session is not None:
                self._creds.keep_session(self._resume_as, session, self._context)
        yield from super().farewell_op()

    @override
    def attributes(self) -> Attributes:
        tls = self._tls
        return {
            TLS_VERSION: tls.version,
            TLS_CIPHER: tls.cipher,
            TLS_GROUP: tls.group,
            TLS_PEER_CERTIFICATE: tls.peer_certificate,
            TLS_ALPN: tls.alpn,
            TLS_CHANNEL_BINDING: tls.channel_binding,
            TLS_RESUMED: tls.resumed,
            TLS_PEER_CHAIN: tls.peer_chain,
            TLS_PEER_NAME: self._peer_name,
            PEER_NAME: self._peer_name,
        }

    def _peer_name(self) -> str | None:
        certificate = self._tls.peer_certificate()
        if certificate is None or not self._creds.demands_certificate:
            return self._check.psk_identity
        return distinguished_name(certificate)


def tls_server(
    lower: Channel, creds: TlsCreds, *, authz: Authz | None = None, authz_by: str = "subject"
) -> TlsLayer:
    """Return the server side of TLS on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        creds: Credentials for a server.
        authz: Who may come in, by the distinguished name of its verified certificate or its PSK
            identity; asked inside the handshake, which may wait as long as it does. None for everybody
            whom *creds* let in.
        authz_by: ``subject``, or ``san`` to ask for the alternative names of the certificate, such as
            ``DNS:a.example`` and ``URI:spiffe://…``, of which one has to be allowed.

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
            f"{creds.dir or 'anonymous TLS'}: authorisation needs peers that prove their names, and these "
            "credentials let them come without: set verify_peer on, or use certificates or PSK"
        )
        raise CredsError(message)
    check = PeerCheck(authz=authz, by_alternative=authz_by == "san")
    return TlsLayer(lower, creds, check)


def tls_client(lower: Channel, creds: TlsCreds, *, hostname: str | None = None) -> TlsLayer:
    """Return the client side of TLS on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        creds: Credentials for a client.
        hostname: Who the server must be: a DNS name or an IP address, also sent as SNI if it is a
            name. It must be given unless *creds* verify nobody: nothing is guessed from *lower*.

    Raises:
        CredsError: *creds* are for a server, or *hostname* is missing.
    """
    creds.require(Endpoint.CLIENT)
    if hostname is None and creds.demands_certificate:
        message = (
            "no host name to check the server's certificate against: give hostname=…, or set verify_peer off"
        )
        raise CredsError(message)
    name = None if hostname is None else server_name(hostname)
    check = PeerCheck(hostname if creds.demands_certificate else None)
    resume_as = (hostname or "") if creds.resumes else None
    return TlsLayer(lower, creds, check, server_name=name, resume_as=resume_as)


def start_tls(
    channel: Channel,
    creds: TlsCreds,
    *,
    hostname: str | None = None,
    authz: Authz | None = None,
    client_hello: bytes = b"",
    reset: Callable[[], None] | None = None,
) -> TlsLayer:
    """Turn *channel*, in the midst of its conversation, into a protected one, handshake done.

    What the peer said in the clear must not count as said under TLS: the call refuses while bytes that
    came before are buffered anywhere in *channel*. They could be anybody's. After any failure
    *channel* is closed; nothing goes on in the clear.

    Args:
        channel: What was read from until now, owned from now on.
        creds: A client's use *hostname*, a server's *authz*, as `tls_client` and `tls_server` do.
        hostname: Who the server must be.
        authz: Who may come in.
        client_hello: What a server has read already to find out that it is TLS, such as the first byte.
        reset: Called once the handshake is done: forgets what was learnt in the clear (RFC 3207, 4.2).

    Raises:
        RemoteProtocolError: Plain bytes came that nobody had read.
        HandshakeError: The handshake failed.
        PeerRejected: The peer is not who it must be.
    """
    op = start_tls_op(channel, creds, hostname=hostname, authz=authz, client_hello=client_hello, reset=reset)
    return run(op)


def start_tls_op(
    channel: Channel,
    creds: TlsCreds,
    *,
    hostname: str | None = None,
    authz: Authz | None = None,
    client_hello: bytes = b"",
    reset: Callable[[], None] | None = None,
) -> Op[TlsLayer]:
    """The operation of `start_tls`; the handshake has the deadline of `Channel.handshake`."""
    try:
        _refuse_unread(channel)
        yield from channel.flush_op()
        layer = (
            tls_server(channel, creds, authz=authz)
            if creds.endpoint is Endpoint.SERVER
            else tls_client(channel, creds, hostname=hostname)
        )
        if client_hello:
            layer.codec.receive(memoryview(client_hello))
        yield from layer.handshake_op()
        if reset is not None:
            reset()
    except BaseException:
        channel.abort()
        raise
    return layer


def _refuse_unread(channel: Channel) -> None:
    """Refuse while a layer of *channel* holds bytes that came before TLS."""
    part: Channel | None = channel
    while part is not None:
        held: int = getattr(part, "buffered_bytes", 0)
        if held:
            message = (
                f"{channel.name}: {held} plain bytes came before TLS and were not read: "
                "somebody between may have put them there; close the connection"
            )
            raise RemoteProtocolError(message)
        part = part.lower


def upgrade(creds: TlsCreds, *, hostname: str | None = None, authz: Authz | None = None) -> Upgrade:
    """Return `start_tls` as a protocol calls it that must not know TLS."""

    def start(channel: Channel) -> Op[Channel]:
        return start_tls_op(channel, creds, hostname=hostname, authz=authz)

    return start
