"""Opening addresses: the functions behind the schemes, found through entry points.

``iochan.channels`` holds the functions ``(address) -> Op[Channel]``; ``iochan.listeners`` those
``(address) -> Op[Listener]`` of the schemes that can be waited at.
"""

from __future__ import annotations

import os
from pathlib import Path

from iochan.address import CommandAddress, FileAddress, NullAddress, PtyAddress, RingAddress, StdioAddress
from iochan.channels.command import CommandChannel
from iochan.channels.file import FileChannel
from iochan.channels.null import NullChannel
from iochan.channels.pipe import PipeChannel
from iochan.channels.pty import PtyChannel
from iochan.channels.reasons import explain
from iochan.channels.ring import RingChannel
from iochan.channels.stdio import StdioChannel
from iochan.core.channel import Channel
from iochan.core.errors import ConnectError
from iochan.core.op import Op

__all__ = ["open_command", "open_file", "open_null", "open_pty", "open_ring", "open_stdio"]


def open_command(address: CommandAddress) -> Op[Channel]:
    """Start the command, with its standard input and output as the channel."""
    yield from ()
    return CommandChannel(address.argv)


def open_file(address: FileAddress) -> Op[Channel]:
    """Open the file as its mode says."""
    yield from ()
    if Path(address.path).is_fifo():
        return _open_fifo(address)
    return FileChannel.open(address.path, address.mode, address.permissions)


def _open_fifo(address: FileAddress) -> PipeChannel:
    """Open a FIFO without waiting for its other end; for both ways (``rw``) it may come and go."""
    flags = {"r": os.O_RDONLY, "rw": os.O_RDWR}.get(address.mode, os.O_WRONLY)
    try:
        fd = os.open(address.path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        message = f"{address.path} cannot be opened: {explain(error)}"
        raise ConnectError(message) from error
    return PipeChannel(fd, name=f"fifo {address.path}")


def open_pty(address: PtyAddress) -> Op[Channel]:
    """Make a pseudo-terminal, with the address's command on it if it has one."""
    yield from ()
    link = address.link or None
    if address.command:
        return PtyChannel.spawn(address.command, link=link)
    return PtyChannel(link=link)


def open_stdio(address: StdioAddress) -> Op[Channel]:  # noqa: ARG001 - every opener takes its address
    """Take this process's standard input and output."""
    yield from ()
    return StdioChannel()


def open_null(address: NullAddress) -> Op[Channel]:  # noqa: ARG001 - every opener takes its address
    """Return an empty source and a sink for all."""
    yield from ()
    return NullChannel()


def open_ring(address: RingAddress) -> Op[Channel]:
    """Return an empty ring."""
    yield from ()
    return RingChannel(address.size, str(address))
