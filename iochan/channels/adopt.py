"""Making a channel of any socket, file or descriptor."""

from __future__ import annotations

import io
import os
import socket
import stat
from collections.abc import Callable

from iochan.channels.descriptor import watchable
from iochan.channels.file import FileChannel
from iochan.channels.pipe import PipeChannel
from iochan.channels.socket import SocketChannel
from iochan.core.channel import Channel
from iochan.core.fd import OwnedFd
from iochan.core.writing import HasFileno

__all__ = ["adopt"]


def adopt(thing: HasFileno) -> Channel:
    """Return a channel that owns what *thing* stands for: sockets, files, pipes and terminals.

    An object is emptied, not shared: a socket is detached; a file object is flushed and closed, and
    the channel gets a descriptor of its own, at the offset where the object's reader was. (What a
    file object has read ahead of a pipe is lost: adopt it before the first read.) A plain descriptor
    belongs to the channel from now on. What is refused stays the caller's.

    Args:
        thing: A descriptor, or an object with ``fileno()``.

    Raises:
        TypeError: It is a socket that is no connected stream, or one with TLS of its own.
        OSError: It is closed.
    """
    _refuse_unfit(thing)
    with OwnedFd(_take(thing)) as owned:
        channel = _channel(owned.fileno())
        owned.detach()
        return channel


def _refuse_unfit(thing: HasFileno) -> None:
    if type(thing).__module__ == "ssl":
        message = "a socket with TLS of its own: adopt the plain socket and put iochan's TLS on it"
        raise TypeError(message)
    fd = thing if isinstance(thing, int) else thing.fileno()
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        return
    with socket.socket(fileno=os.dup(fd)) as sock:
        if sock.type != socket.SOCK_STREAM:
            message = f"descriptor {fd} is a {sock.type.name} socket: a channel needs SOCK_STREAM"
            raise TypeError(message)
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            message = f"descriptor {fd} is a listening socket: accept a connection and adopt that"
            raise TypeError(message)


def _take(thing: HasFileno) -> int:
    """Return the descriptor of *thing*, which gives it up."""
    if isinstance(thing, int):
        return thing
    if isinstance(thing, socket.socket | OwnedFd):
        return thing.detach()
    with OwnedFd(os.dup(thing.fileno())) as owned:
        if isinstance(thing, io.IOBase):
            thing.flush()
            if thing.seekable():
                os.lseek(owned.fileno(), thing.tell(), os.SEEK_SET)
        close: Callable[[], object] | None = getattr(thing, "close", None)
        if close is not None:
            close()
        return owned.detach()


def _channel(fd: int) -> Channel:
    if stat.S_ISSOCK(os.fstat(fd).st_mode):
        return SocketChannel(socket.socket(fileno=fd))
    return PipeChannel(fd) if watchable(fd) else FileChannel(fd)
