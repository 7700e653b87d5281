"""Files, pipes and terminals that somebody else opened, as channels."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable

from iochan.channels.file import FileChannel
from iochan.channels.pipe import PipeChannel
from iochan.core.channel import Channel
from iochan.core.end import watchable
from iochan.core.fd import OwnedFd
from iochan.core.writing import HasFileno

__all__ = ["adopt_file"]


def adopt_file(thing: HasFileno) -> Channel | None:
    """Return a channel that owns what *thing* stands for: a file, a pipe or a terminal; None for a socket.

    An object is emptied, not shared: a file object is flushed and closed, and
    the channel gets a descriptor of its own, at the offset where the object's reader was. (What a
    file object has read ahead of a pipe is lost: adopt it before the first read.) A plain descriptor
    belongs to the channel from now on. What is refused stays the caller's.

    Args:
        thing: A descriptor, or an object with ``fileno()``.

    Raises:
        OSError: It is closed.
    """
    number = thing if isinstance(thing, int) else thing.fileno()
    if stat.S_ISSOCK(os.fstat(number).st_mode):
        return None
    with OwnedFd(_take(thing)) as owned:
        channel = _channel(owned.fileno())
        owned.detach()
        return channel


def _take(thing: HasFileno) -> int:
    """Return the descriptor of *thing*, which gives it up."""
    if isinstance(thing, int):
        return thing
    if isinstance(thing, OwnedFd):
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
    return PipeChannel(fd) if watchable(fd) else FileChannel(fd)
