"""The path of a listening unix socket: taken over from the dead, left to the living."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from typing import Final

from iochan.channels.errors import ListenError
from iochan.channels.sockaddr import sockaddr_text, unix_path

__all__ = ["UnixPath", "bind_unix"]

_TRIES: Final = 3


class UnixPath:
    """A path that a listener made and removes, unless somebody else has put his own there since.

    A copy of the listener in a forked child removes nothing.
    """

    __slots__ = ("_made", "_path", "_pid")

    def __init__(self, path: bytes) -> None:
        self._path = path
        self._made = _inode(path)
        self._pid = os.getpid()

    def remove(self) -> None:
        """Remove the path, if it is still the one that was made here."""
        with contextlib.suppress(OSError):
            if self._pid == os.getpid() and _inode(self._path) == self._made:
                os.unlink(self._path)


def bind_unix(path: str | bytes, mode: int | None = None) -> tuple[socket.socket, UnixPath]:
    """Return a socket that is bound to *path*, and the path's owner.

    A socket file that nobody listens at any more is removed first; a try to connect tells.

    Args:
        path: Where; at most 107 bytes.
        mode: Permission bits of the path. It never has more than these, not even for a moment.
            None leaves it to the process's umask.

    Raises:
        AddressError: The path cannot be one.
        ListenError: A program listens there, or something else is there.
    """
    raw = unix_path(path)
    text = sockaddr_text(socket.AF_UNIX, raw)
    for _ in range(_TRIES):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if mode is not None:
                # Linux gives the path the mode of the socket, less the umask.
                os.fchmod(sock.fileno(), mode)
            sock.bind(raw)
            if mode is not None:
                os.chmod(raw, mode)
            return sock, UnixPath(raw)
        except OSError as error:
            sock.close()
            if error.errno != errno.EADDRINUSE:
                reason = (error.strerror or str(error)).lower()
                message = f"cannot listen at {text}: {reason}: check the directory and its permissions"
                raise ListenError(message, error.errno) from error
        _clear(raw, text)
    message = f"cannot listen at {text}: others keep taking the path, see which programs use it"
    raise ListenError(message, errno.EADDRINUSE)


def _clear(raw: bytes, text: str) -> None:
    """Remove a dead listener's path."""
    with contextlib.suppress(FileNotFoundError):
        before = os.lstat(raw)
        if not stat.S_ISSOCK(before.st_mode):
            message = f"cannot listen at {text}: something that is no socket is there, choose another path"
            raise ListenError(message, errno.EADDRINUSE)
        if _alive(raw):
            message = f"cannot listen at {text}: a program listens there already, stop it or choose another path"
            raise ListenError(message, errno.EADDRINUSE)
        if _inode(raw) == (before.st_dev, before.st_ino):
            os.unlink(raw)


def _alive(raw: bytes) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        # Anything but a refusal (a full queue, no permission) comes from somebody.
        return probe.connect_ex(raw) != errno.ECONNREFUSED


def _inode(path: bytes) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino
