"""pyOpenSSL over a blocking socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL import SSL
from typing_extensions import override

from benchmarks import pki
from benchmarks.contenders.base import Blocking, End

if TYPE_CHECKING:
    import socket

    from benchmarks.job import Job


def context(job: Job) -> SSL.Context:
    """The context for this side of ``job``: TLS 1.3, the pinned suite."""
    made = SSL.Context(SSL.TLS_METHOD)
    made.set_min_proto_version(SSL.TLS1_3_VERSION)
    made.set_tls13_ciphersuites(pki.SUITE.encode())
    if job.server:
        made.use_certificate_file(str(job.path / "server-cert.pem"))
        made.use_privatekey_file(str(job.path / "server-key.pem"))
    else:
        made.load_verify_locations(str(job.path / "ca-cert.pem"))
        made.set_verify(SSL.VERIFY_PEER)
    return made


class PyOpenSsl(Blocking):
    """``SSL.Connection`` with its own ``recv_into`` and ``sendall``."""

    @override
    def open(self, sock: socket.socket, job: Job) -> End:
        tls = SSL.Connection(context(job), sock)
        if job.server:
            tls.set_accept_state()
        else:
            tls.set_connect_state()
            tls.set_tlsext_host_name(pki.HOSTNAME.encode())
        tls.do_handshake()
        return End(tls.recv_into, tls.sendall, tls.close)
