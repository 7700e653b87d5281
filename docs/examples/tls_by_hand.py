"""TLS put on sockets that exist already, without an address."""

from __future__ import annotations

import socket
import threading

from iochan import Channel, Endpoint, X509Creds
from iochan.tls.pki import init_directory

init_directory("pki")
server_creds = X509Creds("pki", Endpoint.SERVER, verify_peer=False)
client_creds = X509Creds("pki", Endpoint.CLIENT)
left, right = socket.socketpair()


def serve() -> None:
    """Greet who comes."""
    with Channel.tls_server(left, server_creds) as channel:
        channel.handshake()
        channel.write_all(b"hello")


server = threading.Thread(target=serve)
server.start()
with Channel.tls_client(right, client_creds, hostname="localhost") as channel:
    channel.handshake()
    print(channel, channel.read_exactly(5))
server.join()
