"""The server's side of TLS on a socket; the client is a thread."""

from __future__ import annotations

import socket
import threading

from iochan import Channel, Endpoint, X509Creds
from iochan.tls.pki import init_directory

init_directory("pki")
sock, other = socket.socketpair()


def connect() -> None:
    """Print what the server says, once it has proved who it is."""
    with Channel.tls_client(other, X509Creds("pki"), hostname="localhost") as client:
        client.handshake()
        print(client.read())


thread = threading.Thread(target=connect)
thread.start()

creds = X509Creds("pki", Endpoint.SERVER, verify_peer=False)  # loaded and checked here
channel = Channel.tls_server(sock, creds)  # sock: a socket, a descriptor, or any Channel
channel.handshake()  # or, in async code: await AsyncChannel(channel).handshake()
channel.write_all(b"hello")
channel.close()

thread.join()
