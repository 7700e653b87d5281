"""Which schemes there are."""

from __future__ import annotations

from typing import TypeAlias, get_args

from iochan.address.abstract import AbstractAddress
from iochan.address.command import CommandAddress
from iochan.address.fd import FdAddress
from iochan.address.file import FileAddress
from iochan.address.inet import InetAddress
from iochan.address.null import NullAddress
from iochan.address.pty import PtyAddress
from iochan.address.ring import RingAddress
from iochan.address.serial import SerialAddress
from iochan.address.stdio import StdioAddress
from iochan.address.unix import UnixAddress
from iochan.address.vsock import VsockAddress

__all__ = ["ALIASES", "SCHEMES", "Address"]

Address: TypeAlias = (
    InetAddress
    | UnixAddress
    | AbstractAddress
    | VsockAddress
    | FdAddress
    | CommandAddress
    | FileAddress
    | PtyAddress
    | StdioAddress
    | NullAddress
    | RingAddress
    | SerialAddress
)
"""Any address."""

SCHEMES: dict[str, type[Address]] = {kind.scheme: kind for kind in get_args(Address)}
"""The class of each scheme."""

ALIASES = {"tls": "tls+tcp", "ws": "ws+tcp", "wss": "ws+tls+tcp"}
"""Short forms for the last part of a stack."""
