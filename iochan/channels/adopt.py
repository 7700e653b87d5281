"""Sockets that somebody else made, as channels."""

from __future__ import annotations

import os
import socket
import stat

from iochan.channels.sockaddr import sockaddr_text
from iochan.channels.socket import SocketChannel
from iochan.channels.unix import UnixChannel
from iochan.core.fd import OwnedFd
from iochan.core.writing import HasFileno

__all__ = ["adopt_socket", "socket_channel"]


def socket_channel(sock: socket.socket, name: str = "") -> SocketChannel:
    """Return a channel of the right kind over the stream socket *sock*, which it owns from now on."""
    if sock.family == socket.AF_UNIX:
        return UnixChannel(sock, name)
    return SocketChannel(sock, name)


def adopt_socket(thing: HasFileno) -> SocketChannel | None:
    """Return a channel over a connected stream socket that exists already, or None if it is no socket.

    Args:
        thing: A descriptor, a `socket.socket`, an `OwnedFd`, or an object with ``fileno()``. The
            channel owns it from now on; an object of another kind is closed, and the channel has
            a duplicate of its descriptor. After an error it is still the caller's.

    Raises:
        TypeError: It is a socket of another kind: listening, for datagrams, or with TLS in it.
    """
    number = thing if isinstance(thing, int) else thing.fileno()
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        return None
    with socket.socket(fileno=os.dup(number)) as probe:
        _check(probe, number)
        peer = _peer_text(probe)
    if isinstance(thing, socket.socket):
        if type(thing) is not socket.socket and hasattr(thing, "unwrap"):
            message = (
                "an ssl.SSLSocket cannot be a channel: give the plain socket and stack tls_client() on it"
            )
            raise TypeError(message)
        return socket_channel(thing, peer)
    if isinstance(thing, OwnedFd):
        number = thing.detach()
    elif not isinstance(thing, int):
        number = os.dup(number)
        close = getattr(thing, "close", None)
        if close is not None:
            close()
    os.set_inheritable(number, False)
    return socket_channel(socket.socket(fileno=number), peer)


def _check(sock: socket.socket, number: int) -> None:
    if sock.type != socket.SOCK_STREAM:
        message = f"descriptor {number} is a {sock.type.name} socket: only a stream can be a channel"
        raise TypeError(message)
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        message = f"descriptor {number} is a listening socket: make a SocketListener of it"
        raise TypeError(message)


def _peer_text(sock: socket.socket) -> str:
    try:
        return sockaddr_text(sock.family, sock.getpeername())
    except OSError:
        # Not connected, or not any more: reads and writes will say so.
        return f"descriptor {sock.fileno()}"
