"""TLS over any channel."""

from __future__ import annotations

from functools import partial

from typing_extensions import override

from iochan.authz.base import Authz
from iochan.core.attribute import Attributes
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import CredsError
from iochan.core.op import Op
from iochan.core.upgrade import Upgrade, closing_on_error
from iochan.tls.codec import TlsCodec
from iochan.tls.creds import Endpoint, TlsCreds
from iochan.tls.engines.select import make_codec
from iochan.tls.facts import (
    TLS_CIPHER,
    TLS_GROUP,
    TLS_PEER_CERTIFICATE,
    TLS_PEER_CHAIN,
    TLS_PEER_NAME,
    TLS_VERSION,
)
from iochan.tls.identity import distinguished_name, server_name
from iochan.tls.peercheck import PeerCheck

__all__ = ["TlsLayer", "tls_client", "tls_server", "upgrade"]


class TlsLayer(CodecLayer):
    """One TLS session on *lower*.

    Closing says close_notify in our direction and does not wait for the peer's (QEMU's ``bye``;
    RFC 8446, 6.1). A stream that ends without the peer's is `TruncatedError`, unless a read asks
    for `ReadFlag.RELAXED_EOF` or this program shut the reading direction down.
    """

    __slots__ = ("_check", "_creds", "_tls")

    def __init__(self, lower: Channel, creds: TlsCreds, codec: TlsCodec, check: PeerCheck) -> None:
        super().__init__(lower, codec, "tls")
        self._creds = creds
        self._tls = codec
        self._check = check

    @override
    def check_established(self) -> None:
        if self._creds.demands_certificate:
            self._check.require(self._tls.peer_certificate())

    @override
    def attributes(self) -> Attributes:
        tls = self._tls
        return {
            TLS_VERSION: tls.version,
            TLS_CIPHER: tls.cipher,
            TLS_GROUP: tls.group,
            TLS_PEER_CERTIFICATE: tls.peer_certificate,
            TLS_PEER_CHAIN: tls.peer_chain,
            TLS_PEER_NAME: self._peer_name,
        }

    def _peer_name(self) -> str | None:
        certificate = self._tls.peer_certificate()
        if certificate is None or not self._creds.demands_certificate:
            return self._check.psk_identity
        return distinguished_name(certificate)


def tls_server(lower: Channel, creds: TlsCreds, *, authz: Authz | None = None) -> TlsLayer:
    """Return the server side of TLS on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        creds: Credentials for a server.
        authz: Who may come in, by the distinguished name of its verified certificate or its PSK
            identity; asked inside the handshake, which may wait as long as it does. None for everybody
            whom *creds* let in.

    Raises:
        CredsError: *creds* are for a client, or prove no name that *authz* could be asked for.
    """
    creds.require(Endpoint.SERVER)
    if authz is not None and not creds.proves_name:
        message = (
            f"{creds.dir or 'anonymous TLS'}: authorisation needs peers that prove their names, and these "
            "credentials let them come without: set verify_peer on, or use certificates or PSK"
        )
        raise CredsError(message)
    check = PeerCheck(authz=authz)
    return TlsLayer(lower, creds, make_codec(creds.context, server=True, check=check), check)


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
    codec = make_codec(creds.context, server=False, server_name=name, check=check)
    return TlsLayer(lower, creds, codec, check)


def upgrade(creds: TlsCreds, *, hostname: str | None = None, authz: Authz | None = None) -> Upgrade:
    """Return what turns a channel into a protected one, handshake done.

    For protocols that start TLS in their midst and must not know it. A client's creds use *hostname*,
    a server's *authz*.
    """
    return partial(_upgrade_op, creds, hostname, authz)


def _upgrade_op(creds: TlsCreds, hostname: str | None, authz: Authz | None, channel: Channel) -> Op[Channel]:
    layer = (
        tls_server(channel, creds, authz=authz)
        if creds.endpoint is Endpoint.SERVER
        else tls_client(channel, creds, hostname=hostname)
    )
    return (yield from closing_on_error(layer, _handshake_op(layer)))


def _handshake_op(layer: Channel) -> Op[Channel]:
    yield from layer.handshake_op()
    return layer
