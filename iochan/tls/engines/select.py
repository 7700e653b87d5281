"""Which engine serves."""

from __future__ import annotations

from OpenSSL import SSL

from iochan.tls.engines import bindings
from iochan.tls.engines.engine import Engine
from iochan.tls.engines.pyopenssl import PyOpenSSLEngine

__all__ = ["make_engine"]

_ENGINE = bindings.BindingsEngine if bindings.available() else PyOpenSSLEngine


def make_engine(context: SSL.Context, *, server: bool, server_name: str | None = None) -> Engine:
    """Return a new session of *context*, by the fastest engine that this installation has."""
    return _ENGINE(context, server=server, server_name=server_name)
