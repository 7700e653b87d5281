"""Blocking sockets of the standard library: the floor of the blocking rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks import pki
from benchmarks.contenders.base import Blocking, End

if TYPE_CHECKING:
    import socket

    from benchmarks.job import Job


class Raw(Blocking):
    """``recv_into`` and ``sendall``."""

    @override
    def open(self, sock: socket.socket, job: Job) -> End:
        return End(sock.recv_into, sock.sendall, sock.close)


class SendMsg(Blocking):
    """``sendmsg`` of all pieces; what a full socket did not take goes out joined."""

    @override
    def open(self, sock: socket.socket, job: Job) -> End:
        def send_vector(views: list[memoryview]) -> None:
            sent = sock.sendmsg(views)
            if sent < job.size:
                sock.sendall(b"".join(views)[sent:])

        return End(sock.recv_into, sock.sendall, sock.close, send_vector)


class SslSocket(Blocking):
    """``ssl.SSLSocket``."""

    @override
    def open(self, sock: socket.socket, job: Job) -> End:
        name = None if job.server else pki.HOSTNAME
        tls = pki.context(job).wrap_socket(sock, server_side=job.server, server_hostname=name)
        pki.check_suite(tls.cipher())
        return End(tls.recv_into, tls.sendall, tls.close)
