"""TLS handshakes, TLS in TLS, and loading credentials: ``python -m benchmarks.handshakes``.

Each line is a ratio of medians, interleaved in one process, both ends in one thread over a pair of sockets:
below 1.0 ours is slower than what it is compared with.
"""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from OpenSSL import SSL

from benchmarks import machine, pki
from benchmarks.compare import Work, compare
from benchmarks.contenders import pyopenssl
from benchmarks.job import Job
from iochan.channels.adopt import socket_channel
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.layer import tls_client, tls_server
from iochan.tls.pki import Authority
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

BULK = 65536
AUTHORITIES = 500

Creds = tuple[X509Creds, X509Creds]


def load(directory: Path, *, resume: bool = False) -> Creds:
    """Return the credentials of a client that verifies, and of a server that asks for no certificate."""
    return (
        X509Creds(directory, "client", settings=Settings(resume=resume)),
        X509Creds(directory, "server", verify_peer=False),
    )


def finish(*ops: Op[None]) -> None:
    """Step all of *ops* in turn until they have ended: what one side sends the other has at once."""
    waiting = list(ops)
    while waiting:
        waiting = [op for op in waiting if isinstance(next(op, None), Blocked)]


def layers(creds: Creds, one: Channel, other: Channel) -> tuple[Channel, Channel]:
    """Return a client over *one* and a server over *other*, their handshakes done."""
    client, server = tls_client(one, creds[0], hostname=pki.HOSTNAME), tls_server(other, creds[1])
    finish(client.handshake_op(), server.handshake_op())
    return client, server


def ours(creds: Creds) -> Work:
    """Return one connection through our layers: handshake, a byte from the server, close."""

    def work() -> None:
        client, server = layers(creds, *map(socket_channel, socket.socketpair()))
        server.write_all(b"!")
        client.read(1)
        client.close()
        server.close()

    return work


def theirs(directory: Path) -> Work:
    """Return the same by pyOpenSSL over the sockets themselves."""
    client_context, server_context = (
        pyopenssl.context(Job(size=1, tls=True, server=server, directory=str(directory)))
        for server in (False, True)
    )

    def step(work: Callable[[], None]) -> bool:
        try:
            work()
        except SSL.WantReadError:
            return False
        return True

    def work() -> None:
        one, other = socket.socketpair()
        one.setblocking(False)
        other.setblocking(False)
        client, server = SSL.Connection(client_context, one), SSL.Connection(server_context, other)
        client.set_connect_state()
        client.set_tlsext_host_name(pki.HOSTNAME.encode())
        server.set_accept_state()
        waiting = [client.do_handshake, server.do_handshake]
        while waiting:
            waiting = [handshake for handshake in waiting if not step(handshake)]
        server.send(b"!")
        client.recv(1)
        client.shutdown()
        server.shutdown()
        client.close()
        server.close()

    return work


def bulk(creds: Creds, depth: int) -> Work:
    """Return 64 KiB through *depth* layers of TLS from one end to the other."""
    one, other = map(socket.socket.dup, pair := socket.socketpair())
    for sock in pair:
        sock.close()
    for sock in (one, other):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * BULK)
    client: Channel = socket_channel(one)
    server: Channel = socket_channel(other)
    for _ in range(depth):
        client, server = layers(creds, client, server)
    data = bytes(BULK)

    def work() -> None:
        client.write_all(data)
        server.read_exactly(BULK)

    return work


def authorities(directory: Path) -> tuple[Work, Work]:
    """Return loading a server's directory with 500 authorities by us, checks and all, and by OpenSSL."""
    ca, cert, key = (str(directory / name) for name in ("ca-cert.pem", "server-cert.pem", "server-key.pem"))
    others = [Authority.create(f"authority {number}").identity for number in range(AUTHORITIES - 1)]
    with Path(ca).open("ab") as file:
        file.writelines(other.certificate_pem() for other in others)

    def openssl() -> None:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.load_verify_locations(ca)
        context.use_certificate_chain_file(cert)
        context.use_privatekey_file(key)
        context.load_client_ca(ca.encode())

    return lambda: X509Creds(directory, "server"), openssl


def main() -> None:
    """Print all lines; with ``--strict`` fail if one is below its aim."""
    for name, value in machine.describe().items():
        print(f"{name:<24} {value}")
    with tempfile.TemporaryDirectory(prefix="iochan-bench-") as place:
        directory = ThrowAwayPki(Path(place)).dir
        creds = load(directory)
        full = ours(creds)
        met = [
            compare("full handshake / pyOpenSSL over a socket", full, theirs(directory), 0.9),
            compare("resumed handshake / full one", ours(load(directory, resume=True)), full, 1.25),
            compare("64 KiB in TLS in TLS / in TLS", bulk(creds, 2), bulk(creds, 1), 0.45),
            compare(f"loading {AUTHORITIES} authorities / OpenSSL", *authorities(directory), 1 / 3),
        ]
    if "--strict" in sys.argv and not all(met):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
