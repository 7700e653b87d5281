"""Between the kernel's addresses and ours."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any, Final

from iochan.address import AbstractAddress, UnixAddress, VsockAddress

__all__ = ["LocalAddress", "Target", "sockaddr_text", "target_of"]

_SUN_PATH: Final = 108

LocalAddress = UnixAddress | AbstractAddress | VsockAddress
"""An address that needs no resolver."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place to connect to or to listen at.

    Attributes:
        family: A family of addresses, ``socket.AF_…``.
        sockaddr: The address as the socket module wants it for that family.
        text: The same for messages.
        protocol: A protocol of the family; 0 is its usual one.
    """

    family: int
    sockaddr: Any
    text: str
    protocol: int = 0


def sockaddr_text(family: int, sockaddr: Any) -> str:  # noqa: ANN401 - a shape for each family
    """Return what ``getsockname`` or ``getpeername`` gave as address text.

    A unix socket without a name is ``unix:``.
    """
    if family == socket.AF_INET:
        # By hand, as next: every accepted connection comes through here.
        return f"tcp://{sockaddr[0]}:{sockaddr[1]}"
    if family == socket.AF_INET6:
        zone = f"%{sockaddr[3]}" if sockaddr[3] and "%" not in sockaddr[0] else ""
        return f"tcp://[{(sockaddr[0] + zone).replace('%', '%25')}]:{sockaddr[1]}"
    if family == socket.AF_VSOCK:
        return str(VsockAddress(*sockaddr))
    return _unix_text(os.fsencode(sockaddr))


def _unix_text(raw: bytes) -> str:
    if not raw:
        return "unix:"
    if raw[0]:
        return str(UnixAddress(os.fsdecode(raw)))
    tight = len(raw) < _SUN_PATH
    return str(AbstractAddress(os.fsdecode(raw[1:] if tight else raw[1:].rstrip(b"\0")), tight=tight))


def target_of(address: LocalAddress) -> Target:
    """Return *address* as the kernel wants it."""
    if isinstance(address, VsockAddress):
        return Target(socket.AF_VSOCK, (address.cid, address.port), str(address))
    if isinstance(address, UnixAddress):
        return Target(socket.AF_UNIX, os.fsencode(address.path), str(address))
    name = b"\0" + os.fsencode(address.name)
    return Target(socket.AF_UNIX, name if address.tight else name.ljust(_SUN_PATH, b"\0"), str(address))
