"""Options of sockets."""

from __future__ import annotations

import contextlib
import math
import socket
from dataclasses import dataclass
from typing import Final

from iochan.address import BaseAddress, InetAddress

__all__ = ["DEFAULT_OPTIONS", "KeepAlive", "SocketOptions", "options_of", "set_delay"]

_INET = frozenset({socket.AF_INET, socket.AF_INET6})


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """How TCP finds out that a silent peer is gone; 0 leaves a number to the system.

    Attributes:
        idle: Seconds of silence before the first probe.
        interval: Seconds between probes.
        count: Probes without an answer that end the connection.
    """

    idle: int = 0
    interval: int = 0
    count: int = 0

    def apply(self, sock: socket.socket) -> None:
        """Turn it on for a TCP socket; a listener hands it down to what it accepts."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (
            (socket.TCP_KEEPIDLE, self.idle),
            (socket.TCP_KEEPINTVL, self.interval),
            (socket.TCP_KEEPCNT, self.count),
        ):
            if value:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)


@dataclass(frozen=True, slots=True)
class SocketOptions:
    """What to set on a socket before it connects or listens; what it accepts inherits it.

    What is TCP's is passed over for other families.

    Attributes:
        delay: Whether small writes may be delayed (Nagle). Off: who writes through a channel
            writes whole messages, and a delayed one costs up to 40 ms. `Channel.set_delay` and
            `Channel.set_cork` change it for one channel.
        keep_alive: Probes of a silent peer; None for none.
        user_timeout: Seconds that sent data may stay unacknowledged before the connection ends; 0
            leaves it to the system.
        send_buffer: Bytes (the kernel doubles them); 0 lets the system tune it.
        receive_buffer: The same for what comes in.
    """

    delay: bool = False
    keep_alive: KeepAlive | None = None
    user_timeout: float = 0.0
    send_buffer: int = 0
    receive_buffer: int = 0

    def apply(self, sock: socket.socket) -> None:
        """Set them on *sock*, which is not connected yet: the window's scale is agreed on then."""
        if self.send_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.send_buffer)
        if self.receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        if sock.family in _INET:
            set_delay(sock, delay=self.delay)
            if self.keep_alive is not None:
                self.keep_alive.apply(sock)
            if self.user_timeout:
                millis = math.ceil(self.user_timeout * 1000)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, millis)


DEFAULT_OPTIONS: Final = SocketOptions()
"""What is set unless somebody says otherwise."""


def options_of(address: BaseAddress) -> SocketOptions:
    """Return the options that *address* carries."""
    if not isinstance(address, InetAddress):
        return DEFAULT_OPTIONS
    keep_alive = None
    if address.keep_alive:
        keep_alive = KeepAlive(address.keep_alive_idle, address.keep_alive_interval, address.keep_alive_count)
    return SocketOptions(delay=address.nodelay is False, keep_alive=keep_alive)


def set_delay(sock: socket.socket, *, delay: bool) -> None:
    """Let TCP delay small writes, or not; a hint: sockets without delays ignore it."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, not delay)
