"""Which engine serves."""

from __future__ import annotations

from OpenSSL import SSL

from iochan.tls.codec import TlsCodec
from iochan.tls.engines import bindings
from iochan.tls.engines.pyopenssl import PyOpenSSLCodec
from iochan.tls.peercheck import PeerCheck

__all__ = ["make_codec"]

_CODEC = bindings.BindingsCodec if bindings.available() else PyOpenSSLCodec


def make_codec(
    context: SSL.Context,
    *,
    server: bool,
    server_name: str | None = None,
    check: PeerCheck | None = None,
) -> TlsCodec:
    """Return a new session of *context*, by the fastest engine that this installation has."""
    return _CODEC(context, server=server, server_name=server_name, check=check)
