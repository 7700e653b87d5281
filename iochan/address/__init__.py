"""Addresses as values: text to stacks and back, without any I/O."""

from __future__ import annotations

from iochan.address.abstract import AbstractAddress
from iochan.address.base import BaseAddress
from iochan.address.command import CommandAddress
from iochan.address.fd import FdAddress
from iochan.address.file import FileAddress
from iochan.address.inet import InetAddress
from iochan.address.null import NullAddress
from iochan.address.parse import parse_stack
from iochan.address.pty import PtyAddress
from iochan.address.ring import RingAddress
from iochan.address.scheme import Address
from iochan.address.serial import SerialAddress
from iochan.address.stack import KnownLayers, LayerSpec, Stack
from iochan.address.stdio import StdioAddress
from iochan.address.unix import UnixAddress
from iochan.address.vsock import VsockAddress

__all__ = [
    "AbstractAddress",
    "Address",
    "BaseAddress",
    "CommandAddress",
    "FdAddress",
    "FileAddress",
    "InetAddress",
    "KnownLayers",
    "LayerSpec",
    "NullAddress",
    "PtyAddress",
    "RingAddress",
    "SerialAddress",
    "Stack",
    "StdioAddress",
    "UnixAddress",
    "VsockAddress",
    "parse_stack",
]
