"""What the kernel calls an address, as the text that people type."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from iochan.core.errors import AddressError

__all__ = ["UNIX_PATH_MAX", "Target", "abstract_name", "inet_text", "sockaddr_text", "unix_path"]

UNIX_PATH_MAX: Final = 108
"""Bytes in ``sun_path``; a path also needs one for its end (``unix(7)``)."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place to connect to or to listen at.

    Attributes:
        family: A family of addresses, ``socket.AF_…``.
        sockaddr: The address as the socket module wants it for that family.
        text: The same for messages.
    """

    family: int
    sockaddr: Any
    text: str


def inet_text(host: str, port: int | str) -> str:
    """Return a TCP address as text; an IPv6 host stands in brackets."""
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def sockaddr_text(family: int, sockaddr: Any) -> str:
    """Return what ``getsockname`` or ``getpeername`` gave as address text.

    A unix socket without a name is ``unix:``.
    """
    if family in {socket.AF_INET, socket.AF_INET6}:
        host = sockaddr[0]
        if len(sockaddr) == 4 and sockaddr[3] and "%" not in host:
            host = f"{host}%{sockaddr[3]}"
        return inet_text(host, sockaddr[1])
    if family == socket.AF_UNIX:
        raw = os.fsencode(sockaddr)
        if raw[:1] == b"\0":
            return f"abstract://{quote(raw[1:].rstrip(bytes(1)))}"
        return f"unix://{quote(raw)}" if raw else "unix:"
    if family == socket.AF_VSOCK:
        return f"vsock://{sockaddr[0]}:{sockaddr[1]}"
    return f"family {int(family)}: {sockaddr!r}"


def unix_path(path: str | bytes) -> bytes:
    """Return *path* as the kernel wants it.

    Raises:
        AddressError: It is empty, contains a zero byte, or is too long.
    """
    raw = os.fsencode(path)
    if not raw or 0 in raw:
        message = f"unix path {path!r}: it must have at least one byte, and none that is zero"
        raise AddressError(message)
    if len(raw) >= UNIX_PATH_MAX:
        message = f"unix path {path!r} has {len(raw)} bytes: at most {UNIX_PATH_MAX - 1} fit, use a shorter one"
        raise AddressError(message)
    return raw


def abstract_name(name: str | bytes, *, tight: bool = True) -> bytes:
    """Return the sockaddr of an abstract name.

    Args:
        name: The name, without the zero byte that marks it as abstract.
        tight: The name ends where it ends; otherwise zero bytes fill it up to 108, as older
            programs have it. Both ends must agree: these are two names.

    Raises:
        AddressError: The name is empty or too long.
    """
    raw = b"\0" + os.fsencode(name)
    if not 1 < len(raw) <= UNIX_PATH_MAX:
        message = f"abstract name {name!r} has {len(raw) - 1} bytes: between 1 and {UNIX_PATH_MAX - 1} fit"
        raise AddressError(message)
    return raw if tight else raw.ljust(UNIX_PATH_MAX, b"\0")
