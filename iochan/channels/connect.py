"""Connecting: one operation for each kind of address, for blocking and asynchronous code alike."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from iochan.channels.adopt import socket_channel
from iochan.channels.attempt import Make, interleave, race_op
from iochan.channels.resolve import resolve_op
from iochan.channels.sockaddr import Target, abstract_name, inet_text, sockaddr_text, unix_path
from iochan.channels.socket import SocketChannel
from iochan.channels.sockopt import SocketOptions
from iochan.core.op import Op, within

__all__ = ["connect_abstract_op", "connect_tcp_op", "connect_unix_op", "connect_vsock_op"]

_DEFAULTS = SocketOptions()
_ASK = "is the server running?"


def connect_tcp_op(
    host: str,
    port: int | str,
    *,
    ipv4: bool | None = None,
    ipv6: bool | None = None,
    numeric: bool = False,
    options: SocketOptions = _DEFAULTS,
    make: Make = socket_channel,
    timeout: float | None = None,
) -> Op[SocketChannel]:
    """Connect over TCP to the first address of *host* that answers (Happy Eyeballs, RFC 8305).

    Args:
        host: A name or a numeric address; "" is this machine.
        port: A number, also as text, or the name of a service.
        ipv4: See `iochan.channels.resolve.family_of`.
        ipv6: See `iochan.channels.resolve.family_of`.
        numeric: Accept numbers only.
        options: What to set on the socket.
        make: Makes the channel: give `ZeroCopyChannel` for zero-copy writes.
        timeout: Seconds for all of it, names included; None waits as long as the system does.

    Raises:
        AddressError: The address cannot be one.
        ConnectError: Nobody answered; the message lists what was tried.
        ChannelTimeout: *timeout* passed first.
    """
    what = inet_text(host, port)
    op = _tcp_op(host, port, (ipv4, ipv6, numeric), what, make, options)
    return (yield from op if timeout is None else within(op, timeout, f"connecting to {what}"))


def connect_unix_op(
    path: str | bytes, *, options: SocketOptions = _DEFAULTS, timeout: float | None = None
) -> Op[SocketChannel]:
    """Connect to the unix socket at *path*; waits while the queue of its listener is full."""
    return _only_op(socket.AF_UNIX, unix_path(path), options, timeout)


def connect_abstract_op(
    name: str | bytes, *, tight: bool = True, options: SocketOptions = _DEFAULTS, timeout: float | None = None
) -> Op[SocketChannel]:
    """Connect to an abstract unix socket; for *tight* see `iochan.channels.sockaddr.abstract_name`."""
    return _only_op(socket.AF_UNIX, abstract_name(name, tight=tight), options, timeout)


def connect_vsock_op(
    cid: int, port: int, *, options: SocketOptions = _DEFAULTS, timeout: float | None = None
) -> Op[SocketChannel]:
    """Connect to *port* of the virtual machine *cid*; 2 is the host (``vsock(7)``)."""
    return _only_op(socket.AF_VSOCK, (cid, port), options, timeout)


def _tcp_op(
    host: str,
    port: int | str,
    flags: tuple[bool | None, bool | None, bool],
    what: str,
    make: Make,
    options: SocketOptions,
) -> Op[SocketChannel]:
    ipv4, ipv6, numeric = flags
    targets: Sequence[Target] = yield from resolve_op(host, port, ipv4=ipv4, ipv6=ipv6, numeric=numeric)
    return (yield from race_op(interleave(targets), what, _ASK, make, options))


def _only_op(
    family: int, sockaddr: object, options: SocketOptions, timeout: float | None
) -> Op[SocketChannel]:
    text = sockaddr_text(family, sockaddr)
    op = race_op([Target(family, sockaddr, text)], text, _ASK, socket_channel, options)
    return op if timeout is None else within(op, timeout, f"connecting to {text}")
