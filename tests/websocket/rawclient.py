"""A client of a WebSocket server that is a bare socket, and the beginning of its request."""

from __future__ import annotations

import socket

from iochan.core.channel import Channel

REQUEST = (
    b"GET /x?y HTTP/1.1\r\nHost: localhost:1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


def raw_server(**options: object) -> tuple[socket.socket, Channel]:
    one, other = socket.socketpair()
    one.settimeout(5)
    return one, Channel.websocket_server(other, **options)
