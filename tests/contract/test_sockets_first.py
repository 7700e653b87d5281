from __future__ import annotations

import socket

import pytest

from iochan.channels.socket import SocketChannel
from iochan.testing.contract import ByteStreamContract
from iochan.testing.drivers import DRIVERS


def tcp_pair():
    ls = socket.create_server(("127.0.0.1", 0))
    a = socket.create_connection(ls.getsockname())
    b, _ = ls.accept()
    ls.close()
    return SocketChannel(a), SocketChannel(b)


def tls_pair(n=1):
    from OpenSSL import SSL

    from iochan.core.codeclayer import CodecLayer
    from iochan.testing.drivers import blocking
    from iochan.tls.engines.bindings import BindingsCodec

    def octx(server):
        c = SSL.Context(SSL.TLS_METHOD)
        if server:
            c.use_certificate_file("/tmp/pki/cert.pem")
            c.use_privatekey_file("/tmp/pki/key.pem")
            c.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return c

    a, b = tcp_pair()
    for _ in range(n):
        a = CodecLayer(a, BindingsCodec(octx(False), server=False), "tls")
        b = CodecLayer(b, BindingsCodec(octx(True), server=True), "tls")
    blocking(a.handshake_op(), b.handshake_op())
    return a, b


@pytest.mark.parametrize("base", ["tcp", "tls", "tlstls"])
class TestIt(ByteStreamContract):
    @pytest.fixture
    def pair(self, base):
        left, right = {"tcp": tcp_pair, "tls": tls_pair, "tlstls": lambda: tls_pair(2)}[base]()
        yield left, right
        left.abort()
        right.abort()

    @pytest.fixture(params=sorted(DRIVERS))
    def drive(self, request):
        return DRIVERS[request.param]
