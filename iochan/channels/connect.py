"""Connecting: one operation for every address that is a socket's."""

from __future__ import annotations

from iochan.address import AbstractAddress, FdAddress, InetAddress, UnixAddress, VsockAddress
from iochan.channels.adopt import adopt_socket, socket_channel
from iochan.channels.attempt import Make, interleave, race_op
from iochan.channels.resolve import resolve_op
from iochan.channels.sockaddr import target_of
from iochan.channels.socket import SocketChannel
from iochan.channels.sockopt import SocketOptions, options_of
from iochan.core.errors import ConnectError
from iochan.core.op import Op, within

__all__ = ["SocketAddress", "connect_op"]

SocketAddress = InetAddress | UnixAddress | AbstractAddress | VsockAddress | FdAddress
"""The addresses whose channels are sockets."""


def connect_op(
    address: SocketAddress,
    *,
    options: SocketOptions | None = None,
    make: Make = socket_channel,
    timeout: float | None = None,
) -> Op[SocketChannel]:
    """Connect to *address* and return the channel.

    Of a host's addresses the first that answers is taken (Happy Eyeballs, RFC 8305). At a unix
    socket it waits while the listener's queue is full. A descriptor is adopted, and owned from then on.

    Args:
        address: Where to.
        options: What to set on the socket; None for what *address* says.
        make: Makes the channel: `ZeroCopyChannel` for a TCP one with zero-copy writes.
        timeout: Seconds for all of it, names included; None waits as long as the system does.

    Raises:
        ConnectError: Nobody answered; the message lists what was tried.
        ChannelTimeout: *timeout* passed first.
    """
    op = _connect_op(address, options_of(address) if options is None else options, make)
    return (yield from op if timeout is None else within(op, timeout, f"connecting to {address}"))


def _connect_op(address: SocketAddress, options: SocketOptions, make: Make) -> Op[SocketChannel]:
    if isinstance(address, FdAddress):
        return _adopt(address)
    if isinstance(address, InetAddress):
        targets = yield from resolve_op(address)
        return (yield from race_op(interleave(targets), str(address), make, options))
    return (yield from race_op([target_of(address)], str(address), make, options))


def _adopt(address: FdAddress) -> SocketChannel:
    if address.fd is None:
        message = f"{address}: what systemd passes listens, it cannot be connected: give a number"
        raise ConnectError(message)
    try:
        channel = adopt_socket(address.fd)
    except (OSError, TypeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        message = f"{address}: {reason.lower()}: give a connected stream socket"
        raise ConnectError(message) from error
    if channel is None:
        message = f"{address}: the descriptor is no socket: give a connected stream socket"
        raise ConnectError(message)
    return channel
