"""What the kernel's refusals mean to a reader of messages: the fact and the cure."""

from __future__ import annotations

import errno
from typing import Final

from iochan.core.channel import Channel
from iochan.core.errors import ChannelBrokenError, ChannelClosedError, ChannelError

__all__ = ["explain", "failure"]

_CURES: Final = {
    errno.EACCES: "check its permissions",
    errno.EBADF: "give an open descriptor",
    errno.EDQUOT: "free some, or raise the quota",
    errno.EEXIST: "remove it, or choose another name",
    errno.EFBIG: "raise the limit of a file's size",
    errno.EIO: "check the device",
    errno.EISDIR: "give the name of a file",
    errno.EMFILE: "close some descriptors, or raise the limit (ulimit -n)",
    errno.ENOENT: "check the name",
    errno.ENOEXEC: "give a program, or a script with a #! line",
    errno.ENOSPC: "free some",
    errno.ENOTDIR: "check the name",
    errno.ENXIO: "start its other end first",
    errno.EPIPE: "its reader has gone, open a new channel",
    errno.EROFS: "choose another place",
}


def explain(error: OSError) -> str:
    """Return what *error* says and what helps against it, as the end of a message."""
    fact = (error.strerror or str(error)).lower()
    return f"{fact}: {_CURES.get(error.errno or 0, 'open a new channel')}"


def failure(channel: Channel, doing: str, error: OSError | ValueError) -> ChannelError:
    """Return the error to raise when *channel* was *doing* something and could not.

    Args:
        channel: Who tried.
        doing: "reading from" or the like.
        error: What came; a plain `ValueError` is how Python says that the file is closed.
    """
    if channel.closed or not isinstance(error, OSError):
        return ChannelClosedError(f"{channel.name} is closed: it cannot be used any more")
    return ChannelBrokenError(f"{doing} {channel.name} failed: {explain(error)}")
