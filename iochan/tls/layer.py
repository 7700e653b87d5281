"""TLS over any channel."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import override

from iochan.authz.base import Authz
from iochan.core.attribute import Attributes
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import RemoteProtocolError
from iochan.core.op import Op, run
from iochan.core.upgrade import Upgrade
from iochan.tls.creds import TlsCreds
from iochan.tls.endpoint import Endpoint
from iochan.tls.session import Session

__all__ = [
    "TlsLayer",
    "start_tls",
    "start_tls_op",
    "tls_client",
    "tls_server",
    "upgrade",
]


class TlsLayer(CodecLayer):
    """*session* on *lower*.

    Closing says close_notify in our direction and does not wait for the peer's (QEMU's ``bye``;
    RFC 8446, 6.1). A stream that ends without the peer's is `TruncatedError`, unless a read asks
    for `ReadFlag.RELAXED_EOF` or this program shut the reading direction down.
    """

    __slots__ = ("_session",)

    def __init__(self, lower: Channel, session: Session) -> None:
        super().__init__(lower, session.codec, "tls")
        self._session = session

    @override
    def check_established(self) -> None:
        self._session.confirm()

    @override
    def farewell_op(self) -> Op[None]:
        self._session.remember()
        yield from super().farewell_op()

    @override
    def attributes(self) -> Attributes:
        return self._session.attributes()


def tls_server(
    lower: Channel, creds: TlsCreds, *, authz: Authz | None = None, authz_by: str = "subject"
) -> TlsLayer:
    """Return the server side of TLS on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        creds: Credentials for a server.
        authz: Who may come in, as `Session.server` has it.
        authz_by: By which names *authz* is asked, as `Session.server` has it.

    Raises:
        CredsError: *creds* are for a client, or prove no name that *authz* could be asked for, or
            *authz_by* is neither.
    """
    return TlsLayer(lower, Session.server(creds, authz=authz, authz_by=authz_by))


def tls_client(lower: Channel, creds: TlsCreds, *, hostname: str | None = None) -> TlsLayer:
    """Return the client side of TLS on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        creds: Credentials for a client.
        hostname: Who the server must be, as `Session.client` has it: nothing is guessed from *lower*.

    Raises:
        CredsError: *creds* are for a server, or *hostname* is missing.
    """
    return TlsLayer(lower, Session.client(creds, hostname=hostname))


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
