"""The path of a listening unix socket: taken over from the dead, left to the living."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path
from typing import Final

from iochan.address import UnixAddress
from iochan.channels.errors import ListenError

__all__ = ["UnixPath", "bind_unix"]

_TRIES: Final = 3


class UnixPath:
    """A path that a listener made and removes, unless somebody else has put his own there since.

    A copy of the listener in a forked child removes nothing.
    """

    __slots__ = ("_made", "_path", "_pid")

    def __init__(self, path: str) -> None:
        # Absolute: the working directory may be another by then.
        self._path = Path(path).absolute()
        self._made = _inode(self._path)
        self._pid = os.getpid()

    def remove(self) -> None:
        """Remove the path, if it is still the one that was made here."""
        with contextlib.suppress(OSError):
            if self._pid == os.getpid() and _inode(self._path) == self._made:
                self._path.unlink()


def bind_unix(address: UnixAddress, mode: int | None = None) -> tuple[socket.socket, UnixPath]:
    """Return a socket that is bound to *address*, and the path's owner.

    A socket file that nobody listens at any more is removed first; a try to connect tells.

    Args:
        address: Where.
        mode: Permission bits of the path. It never has more than these, not even for a moment.
            None leaves it to the process's umask.

    Raises:
        ListenError: A program listens there, or something else is there.
    """
    raw = os.fsencode(address.path)
    text = str(address)
    for _ in range(_TRIES):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if mode is not None:
                # Linux gives the path the mode of the socket, less the umask.
                os.fchmod(sock.fileno(), mode)
            sock.bind(raw)
            if mode is not None:
                Path(address.path).chmod(mode)
            return sock, UnixPath(address.path)
        except OSError as error:
            sock.close()
            if error.errno != errno.EADDRINUSE:
                reason = (error.strerror or str(error)).lower()
                message = f"cannot listen at {text}: {reason}: check the directory and its permissions"
                raise ListenError(message, error.errno) from error
        _clear(Path(address.path), text)
    message = f"cannot listen at {text}: others keep taking the path, see which programs use it"
    raise ListenError(message, errno.EADDRINUSE)


def _clear(path: Path, text: str) -> None:
    """Remove a dead listener's path."""
    with contextlib.suppress(FileNotFoundError):
        before = path.lstat()
        if not stat.S_ISSOCK(before.st_mode):
            message = f"cannot listen at {text}: something that is no socket is there, choose another path"
            raise ListenError(message, errno.EADDRINUSE)
        if _alive(os.fsencode(path)):
            message = (
                f"cannot listen at {text}: a program listens there already, stop it or choose another path"
            )
            raise ListenError(message, errno.EADDRINUSE)
        if _inode(path) == (before.st_dev, before.st_ino):
            path.unlink()


def _alive(raw: bytes) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        # Anything but a refusal (a full queue, no permission) comes from somebody.
        return probe.connect_ex(raw) != errno.ECONNREFUSED


def _inode(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
