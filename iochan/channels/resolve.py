"""Host names and services to addresses, without holding up a loop."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Final

from iochan.channels.sockaddr import Target, inet_text
from iochan.channels.worker import in_thread_op
from iochan.core.errors import AddressError, ConnectError
from iochan.core.op import Op, within

__all__ = ["family_of", "resolve_op", "v6_only"]

_PORT_MAX: Final = 65535
_NUMERIC: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
_ADVICE: Final = {
    socket.EAI_AGAIN: "the name server does not answer, try again",
    socket.EAI_SERVICE: "check the service's name, or give a number",
}


def family_of(host: str, *, ipv4: bool | None = None, ipv6: bool | None = None) -> int:
    """Return the family to ask for, as QEMU's flags *ipv4* and *ipv6* choose it.

    None means that the flag was not given. Both on mean IPv6 that takes IPv4 too for the empty
    host, and any family for a name.

    Raises:
        AddressError: Both are off.
    """
    if ipv4 is False and ipv6 is False:
        message = f"{host or 'any host'}: ipv4=off and ipv6=off leave no way to reach it, turn one on"
        raise AddressError(message)
    if ipv4 and ipv6:
        return socket.AF_UNSPEC if host else socket.AF_INET6
    if ipv4 or ipv6 is False:
        return socket.AF_INET
    if ipv6 or ipv4 is False:
        return socket.AF_INET6
    return socket.AF_UNSPEC


def v6_only(*, ipv4: bool | None = None, ipv6: bool | None = None) -> bool:
    """Tell whether an IPv6 socket must refuse IPv4: when the flags choose IPv6 alone."""
    return ipv4 is not ipv6 and family_of("", ipv4=ipv4, ipv6=ipv6) == socket.AF_INET6


def resolve_op(
    host: str,
    port: int | str,
    *,
    ipv4: bool | None = None,
    ipv6: bool | None = None,
    passive: bool = False,
    numeric: bool = False,
    timeout: float | None = None,
) -> Op[list[Target]]:
    """Return the addresses of *host*, in the order in which to try them (RFC 6724).

    Numeric addresses need no thread. IPv6 alone never means IPv4 in IPv6's clothes: mapped
    addresses are not asked for.

    Args:
        host: A name, a numeric address, or "": every address of this machine when *passive*, its
            loopback otherwise.
        port: A number, also as text, or the name of a service.
        ipv4: See `family_of`.
        ipv6: See `family_of`.
        passive: The addresses are for listening.
        numeric: Accept numbers only.
        timeout: Seconds; None waits as long as the resolver does.

    Raises:
        AddressError: The port is no port, or the flags leave no family.
        ConnectError: The name has no address.
        ChannelTimeout: The resolver did not answer in time.
    """
    service = str(port)
    if not service or (service.isdecimal() and int(service) > _PORT_MAX):
        message = f"{inet_text(host, service)}: {service!r} is no port: between 0 and {_PORT_MAX}, or a service's name"
        raise AddressError(message)
    family = family_of(host, ipv4=ipv4, ipv6=ipv6)
    flags = socket.AI_PASSIVE if passive else 0
    try:
        return _lookup(host, service, family, flags | _NUMERIC)
    except (socket.gaierror, ValueError) as error:
        if numeric:
            raise _unresolved(host, service, error) from error
    op = in_thread_op(lambda: _lookup(host, service, family, flags), f"resolve {host}")
    try:
        return (yield from op if timeout is None else within(op, timeout, f"resolving {host}"))
    except (socket.gaierror, ValueError) as error:
        raise _unresolved(host, service, error) from error


def _lookup(host: str, service: str, family: int, flags: int) -> list[Target]:
    found = socket.getaddrinfo(host or None, service, family, socket.SOCK_STREAM, 0, flags)
    targets: Sequence[Target] = [
        Target(kind, sockaddr, inet_text(str(sockaddr[0]), sockaddr[1])) for kind, _, _, _, sockaddr in found
    ]
    return list(dict.fromkeys(targets))


def _unresolved(host: str, service: str, error: OSError | ValueError) -> ConnectError:
    number = error.errno if isinstance(error, OSError) else None
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    advice = _ADVICE.get(number or 0, "check the name")
    return ConnectError(f"cannot resolve {inet_text(host, service)}: {reason[:1].lower()}{reason[1:]}: {advice}")
