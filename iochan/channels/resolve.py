"""Host names and services to addresses, without holding up a loop."""

from __future__ import annotations

import socket
from typing import Final

from iochan.address import InetAddress
from iochan.channels.sockaddr import Target, sockaddr_text
from iochan.channels.worker import in_thread_op
from iochan.core.errors import ConnectError
from iochan.core.op import Op, within

__all__ = ["family_of", "resolve_op", "v6_only"]

_MPTCP: Final = 262
_NUMERIC: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
_ADVICE: Final = {
    socket.EAI_AGAIN: "the name server does not answer, try again",
    socket.EAI_SERVICE: "check the service's name, or give a number",
}


def family_of(address: InetAddress) -> socket.AddressFamily:
    """Return the family to ask for, as the flags of *address* choose it (QEMU's rule).

    Both on mean IPv6 that takes IPv4 too for the empty host, and any family for a name.
    """
    ipv4, ipv6 = address.ipv4, address.ipv6
    if ipv4 and ipv6:
        return socket.AF_UNSPEC if address.host else socket.AF_INET6
    if ipv4 or ipv6 is False:
        return socket.AF_INET
    if ipv6 or ipv4 is False:
        return socket.AF_INET6
    return socket.AF_UNSPEC


def v6_only(address: InetAddress) -> bool:
    """Tell whether an IPv6 socket must refuse IPv4: when the flags choose IPv6 alone."""
    return address.ipv4 is not address.ipv6 and family_of(address) == socket.AF_INET6


def resolve_op(
    address: InetAddress, *, passive: bool = False, timeout: float | None = None
) -> Op[list[Target]]:
    """Return the addresses of *address*, in the order in which to try them (RFC 6724).

    Numeric ones need no thread. IPv6 alone never means IPv4 in IPv6's clothes: mapped addresses
    are not asked for.

    Args:
        address: What to look up. An empty host is every address of this machine when *passive*,
            its loopback otherwise.
        passive: The addresses are for listening.
        timeout: Seconds; None waits as long as the resolver does.

    Raises:
        ConnectError: The name has no address.
        ChannelTimeout: The resolver did not answer in time. As after a cancellation, its thread
            goes on by itself until it does.
    """
    flags = socket.AI_PASSIVE if passive else 0
    try:
        return _lookup(address, flags | _NUMERIC)
    except (socket.gaierror, ValueError) as error:
        if address.numeric:
            raise _unresolved(address, error) from error
    op = in_thread_op(lambda: _lookup(address, flags), f"resolve {address.host}")
    try:
        return (yield from op if timeout is None else within(op, timeout, f"resolving {address}"))
    except (socket.gaierror, ValueError) as error:
        raise _unresolved(address, error) from error


def _lookup(address: InetAddress, flags: int) -> list[Target]:
    found = socket.getaddrinfo(
        address.host or None, str(address.port), family_of(address), socket.SOCK_STREAM, 0, flags
    )
    protocol = _MPTCP if address.mptcp else 0
    targets = (Target(kind, place, sockaddr_text(kind, place), protocol) for kind, _, _, _, place in found)
    return list(dict.fromkeys(targets))


def _unresolved(address: InetAddress, error: OSError | ValueError) -> ConnectError:
    number = (isinstance(error, OSError) and error.errno) or 0
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    advice = _ADVICE.get(number, "check the name")
    return ConnectError(f"cannot resolve {address}: {reason[:1].lower()}{reason[1:]}: {advice}")
