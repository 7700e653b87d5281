"""Consoles: one device for many people at once, its records, and scripts that talk to it."""

from __future__ import annotations

from iochan.chardev.aio import AsyncConsole
from iochan.chardev.backend import ChardevBackend
from iochan.chardev.cast import CastWriter
from iochan.chardev.castfile import CastEvent, CastFile
from iochan.chardev.device import Reconnect
from iochan.chardev.entrance import Entrance
from iochan.chardev.expect import Console
from iochan.chardev.hub import Hub, HubOptions
from iochan.chardev.logfile import LogFile
from iochan.chardev.options import ChardevStore
from iochan.chardev.records import Records, Tap
from iochan.chardev.role import Access, Role
from iochan.chardev.server import ConsoleServer
from iochan.chardev.session import Front

__all__ = [
    "Access",
    "AsyncConsole",
    "CastEvent",
    "CastFile",
    "CastWriter",
    "ChardevBackend",
    "ChardevStore",
    "Console",
    "ConsoleServer",
    "Entrance",
    "Front",
    "Hub",
    "HubOptions",
    "LogFile",
    "Reconnect",
    "Records",
    "Role",
    "Tap",
]
