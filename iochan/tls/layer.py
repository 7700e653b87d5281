"""TLS over any channel."""

from __future__ import annotations

from functools import partial

from typing_extensions import override

from iochan.core.attribute import Attributes
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import CredsError, PeerRejected
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
from iochan.tls.identity import check_hostname, distinguished_name, server_name

__all__ = ["TlsLayer", "tls_client", "tls_server", "upgrade"]


class TlsLayer(CodecLayer):
    """One TLS session on *lower*.

    Closing says close_notify in our direction and does not wait for the peer's (QEMU's ``bye``;
    RFC 8446, 6.1). A stream that ends without the peer's is `TruncatedError`, unless a read asks
    for `ReadFlag.RELAXED_EOF` or this program shut the reading direction down.
    """

    __slots__ = ("_creds", "_hostname", "_tls")

    def __init__(self, lower: Channel, creds: TlsCreds, codec: TlsCodec, hostname: str | None) -> None:
        super().__init__(lower, codec, "tls")
        self._creds = creds
        self._tls = codec
        self._hostname = hostname

    @override
    def check_established(self) -> None:
        if not self._creds.verify_peer:
            return
        certificate = self._tls.peer_certificate()
        if certificate is None:
            message = "the peer sent no certificate, and one is required: give it one, or set verify_peer off"
            raise PeerRejected(message)
        if self._hostname is not None:
            check_hostname(certificate, self._hostname)

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
        if certificate is None or not self._creds.verify_peer:
            return None
        return distinguished_name(certificate)


def tls_server(lower: Channel, creds: TlsCreds) -> TlsLayer:
    """Return the server side of TLS on *lower*; call ``handshake`` before any byte.

    Raises:
        CredsError: *creds* are for a client.
    """
    creds.require(Endpoint.SERVER)
    return TlsLayer(lower, creds, make_codec(creds.context, server=True), None)


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
    if hostname is None and creds.verify_peer:
        message = (
            "no host name to check the server's certificate against: give hostname=…, or set verify_peer off"
        )
        raise CredsError(message)
    name = None if hostname is None else server_name(hostname)
    return TlsLayer(lower, creds, make_codec(creds.context, server=False, server_name=name), hostname)


def upgrade(creds: TlsCreds, *, hostname: str | None = None) -> Upgrade:
    """Return what turns a channel into a protected one, handshake done.

    For protocols that start TLS in their midst and must not know it.
    """
    if creds.endpoint is Endpoint.SERVER:
        return partial(_upgrade_op, creds, None)
    return partial(_upgrade_op, creds, hostname)


def _upgrade_op(creds: TlsCreds, hostname: str | None, channel: Channel) -> Op[Channel]:
    layer = (
        tls_server(channel, creds)
        if creds.endpoint is Endpoint.SERVER
        else tls_client(channel, creds, hostname=hostname)
    )
    return (yield from closing_on_error(layer, _handshake_op(layer)))


def _handshake_op(layer: Channel) -> Op[Channel]:
    yield from layer.handshake_op()
    return layer
