"""An Internet endpoint: host, port, and how to listen or connect there."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass
from ipaddress import AddressValueError, IPv6Address
from typing import Any, ClassVar, Self

from typing_extensions import override

from iochan.address.base import BaseAddress
from iochan.address.escape import escape, unescape
from iochan.address.option import BOOL, integer, option
from iochan.core.errors import AddressError, show_text

__all__ = ["MAX_PORT", "InetAddress"]

MAX_PORT = 65535
MAX_HOST = 253

_ZONE = re.compile(r"[A-Za-z0-9_.:@-]{1,64}")
_NOT_IN_NAMES = re.compile(r"[\s/?#@\[\]%:\\]")
_NUMBER = re.compile(r"[0-9]{1,10}")
_SERVICE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?")
"""RFC 6335, section 5.1."""


def _canonical_ipv6(host: str) -> str:
    """Return *host* in the form of RFC 5952."""
    try:
        address = IPv6Address(host)
    except AddressValueError:
        message = f"tcp: {show_text(host)} is no IPv6 address: write tcp://name:port or tcp://[address]:port"
        raise AddressError(message) from None
    if address.scope_id is not None and not _ZONE.fullmatch(address.scope_id):
        message = f"tcp: {show_text(address.scope_id)} is no zone of an IPv6 address: name an interface"
        raise AddressError(message)
    return str(address)


@dataclass(frozen=True, slots=True)
class InetAddress(BaseAddress):
    """``tcp://host:port``: the families and port ranges follow QEMU's inet rules.

    Attributes:
        host: A name, an IPv4 or an IPv6 address, the last perhaps with ``%zone``; empty for every local
            address when listening, and for this machine when connecting.
        port: A number, 0 for any free one when listening, or the name of a service.
        to: The highest port to try when listening.
        ipv4: Whether IPv4 may be used. On alone means only IPv4; off means never; None is not said.
        ipv6: The same for IPv6. Both on, or neither said: both, and one IPv6 socket listens for both.
        numeric: Never ask a resolver for the host or the service.
        keep_alive: Whether the kernel probes a silent peer.
        keep_alive_idle: Seconds of silence before the first probe; 0 is the system's.
        keep_alive_interval: Seconds between probes; 0 is the system's.
        keep_alive_count: How many unanswered probes end the connection; 0 is the system's.
        mptcp: Use Multipath TCP.
        nodelay: Send small writes at once (TCP_NODELAY); None leaves it to the channel.
        backlog: How many connections wait to be accepted; None leaves it to the listener.
    """

    scheme: ClassVar[str] = "tcp"
    leaves_path: ClassVar[bool] = True

    host: str
    port: int | str
    _: KW_ONLY
    to: int | None = option(integer(1, MAX_PORT))
    ipv4: bool | None = option(BOOL)
    ipv6: bool | None = option(BOOL)
    numeric: bool = option(BOOL, False)
    keep_alive: bool | None = option(BOOL)
    keep_alive_idle: int = option(integer(0, 32767), 0)
    keep_alive_interval: int = option(integer(0, 32767), 0)
    keep_alive_count: int = option(integer(0, 127), 0)
    mptcp: bool = option(BOOL, False)
    nodelay: bool | None = option(BOOL)
    backlog: int | None = option(integer(1, MAX_PORT))

    @classmethod
    def from_sockaddr(cls, sockaddr: tuple[Any, ...]) -> Self:
        """Return the address of ``getpeername()`` or ``getsockname()``, of either family."""
        host, port, *rest = sockaddr
        zone = rest[1] if len(rest) == 2 else 0
        return cls(f"{host}%{zone}" if zone and "%" not in host else host, port)

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        authority = body.removeprefix("//")
        if authority == body:
            message = "tcp: no '//' behind the colon: write tcp://host:port"
            raise AddressError(message)
        if authority.startswith("["):
            host, bracket, port = authority[1:].partition("]")
            if not bracket or ":" not in host:
                message = "tcp: brackets hold one IPv6 address: write tcp://[::1]:port"
                raise AddressError(message)
            host, found, port = unescape(host), port[:1], port[1:]
        else:
            host, found, port = authority.rpartition(":")
            host = unescape(host)
            if ":" in host:
                message = f"tcp: {show_text(host)} has a colon: write an IPv6 address as tcp://[address]:port"
                raise AddressError(message)
        if found != ":" or not port:
            message = f"tcp: {show_text(authority)} has no port: write tcp://host:port"
            raise AddressError(message)
        return {"host": host, "port": int(port) if _NUMBER.fullmatch(port) else unescape(port)}

    @override
    def body(self) -> str:
        host, percent, zone = self.host.partition("%")
        if ":" in host:
            return f"//[{host}{percent and '%25'}{escape(zone)}]:{self.port}"
        return f"//{escape(host, plain='')}:{self.port}"

    @override
    def check(self) -> None:
        if ":" in self.host:
            object.__setattr__(self, "host", _canonical_ipv6(self.host))
        elif len(self.host) > MAX_HOST or _NOT_IN_NAMES.search(self.host) or not self.host.isprintable():
            message = f"tcp: {show_text(self.host)} is no host: write a name or an address"
            raise AddressError(message)
        self._check_port()
        if self.ipv4 is False and self.ipv6 is False:
            message = "tcp: ipv4 and ipv6 are both off: leave one of them"
            raise AddressError(message)

    def _check_port(self) -> None:
        if isinstance(self.port, str):
            good = _SERVICE.fullmatch(self.port) is not None
        else:
            good = type(self.port) is int and 0 <= self.port <= MAX_PORT
        if not good:
            shown = show_text(str(self.port))
            message = f"tcp: {shown} is no port: write a number from 0 to {MAX_PORT} or a service's name"
            raise AddressError(message)
        if self.to is not None and (isinstance(self.port, str) or not 0 < self.port <= self.to):
            message = f"tcp: ports from {self.port} to {self.to} are no range: write its lowest port first"
            raise AddressError(message)
