"""Channels over files that are always ready: regular files, block devices, ``/dev/null``.

The kernel has no «not now» for them, and ``epoll(7)`` refuses them. So a file never returns
`Blocked`, and works under every driver; a slow disk makes the caller wait.
"""

from __future__ import annotations

import errno
import fcntl
import os
from typing import Final, Self

from typing_extensions import override

from iochan.channels.reasons import explain, failure
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.end import IOV_MAX, End, directions, watchable
from iochan.core.errors import ChannelBrokenError, ConnectError, UnsupportedFeature
from iochan.core.fd import FdBox, OwnedFd
from iochan.core.feature import Feature

__all__ = ["FileChannel"]

_ACCESS: Final = {
    "r": os.O_RDONLY,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "rw": os.O_RDWR | os.O_CREAT,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
}

# A pipe without its other end would hold up the open itself; a terminal must not become ours.
_ALWAYS: Final = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class FileChannel(Channel):
    """A file, with an offset where it has one (`Feature.SEEK`).

    At the end of the file reads return 0; when the file grows afterwards, or after `seek`, there
    are bytes again. `flush` and `close` do not wait for the disk; `sync`
    does.

    Args:
        fd: The descriptor, owned from now on.
        name: What messages call the channel.

    Raises:
        UnsupportedFeature: *fd* is a pipe, a terminal or a socket, which has to be waited for; it
            stays the caller's.
    """

    __slots__ = ("_appends", "_end", "_reads", "_writes", "features")

    def __init__(self, fd: int, name: str = "") -> None:
        super().__init__(name or f"file {fd}")
        if watchable(fd):
            message = f"{self._name} is a pipe, a terminal or a socket: use the channel that waits for it"
            raise UnsupportedFeature(message, "SEEK")
        self._reads, self._writes = directions(fd)
        self._appends = bool(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND)
        self._end = End(fd, reads=self._reads, writes=self._writes)
        self.features = Feature.SEEK if self._end.file.seekable() else Feature.NONE

    @classmethod
    def open(cls, path: str | os.PathLike[str], access: str | int = "r", mode: int = 0o666) -> Self:
        """Open the file *path*.

        Args:
            path: Where it is.
            access: ``r`` an existing one to read; ``w`` a new or emptied one to write; ``rw`` a new
                or existing one, as it is, for both; ``a`` a new or existing one to append to; or
                the flags of `os.open`.
            mode: The permissions of a new one, before the umask.

        Raises:
            ConnectError: It cannot be opened so.
            UnsupportedFeature: It is a pipe, a terminal or a socket.
        """
        flags = access if isinstance(access, int) else _ACCESS.get(access)
        if flags is None:
            message = f"access {access!r}: give one of {', '.join(_ACCESS)}, or the flags of os.open"
            raise ValueError(message)
        path = os.fspath(path)
        try:
            with OwnedFd(os.open(path, flags | _ALWAYS, mode)) as owned:
                channel = cls(owned.fileno(), path)
                owned.detach()
                return channel
        except OSError as error:
            if isinstance(error, UnsupportedFeature):
                raise
            message = f"{path} cannot be opened: {explain(error)}"
            raise ConnectError(message) from error

    @override
    def fileno(self) -> int:
        return self._end.fd

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int:
        try:
            return os.readv(self._end.fd, views[:IOV_MAX])
        except OSError as error:
            raise self._refusal("read", error) from error

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int:
        try:
            return os.writev(self._end.fd, views[:IOV_MAX])
        except OSError as error:
            raise self._refusal("written", error) from error

    @override
    def try_preadv(self, views: Views, offset: int) -> int:
        self._check(offset)
        try:
            return os.preadv(self._end.fd, views[:IOV_MAX], offset)
        except OSError as error:
            raise self._refusal("read", error) from error

    @override
    def try_pwritev(self, views: Views, offset: int) -> int:
        if self._appends:
            message = f"{self._name} is open to append, where the system ignores offsets: open it as rw"
            raise UnsupportedFeature(message, "SEEK")
        self._check(offset)
        try:
            return os.pwritev(self._end.fd, views[:IOV_MAX], offset)
        except OSError as error:
            raise self._refusal("written", error) from error

    @override
    def try_sync(self) -> None:
        try:
            os.fdatasync(self._end.fd)
        except OSError as error:
            # EINVAL is the system's word for what has no disk behind it.
            if error.errno != errno.EINVAL:
                raise failure(self, "syncing", error) from error

    @override
    def do_seek(self, offset: int, whence: int) -> int:
        try:
            return os.lseek(self._end.fd, offset, whence)
        except OSError as error:
            if error.errno == errno.EINVAL:
                message = f"{self._name} cannot seek to {offset}, whence {whence}: offsets start at 0"
                raise ValueError(message) from error
            raise failure(self, "seeking in", error) from error

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        return condition

    @override
    def do_close(self) -> None:
        try:
            self._end.close()
        except OSError as error:
            message = f"closing {self._name} failed: {explain(error)}; what was written last may be lost"
            raise ChannelBrokenError(message) from error

    def _check(self, offset: int) -> None:
        # To Linux -1 means the position, which must stay where it is.
        if offset < 0:
            message = f"{self._name} has no offset {offset}: offsets start at 0"
            raise ValueError(message)

    def _refusal(self, done: str, error: OSError) -> Exception:
        """Return the error to raise when the file could not be *done*: read or written."""
        allowed = self._reads if done == "read" else self._writes
        if self._end.fd >= 0 and error.errno == errno.EBADF and not allowed:
            message = f"{self._name} is not open to be {done}: open it with access rw"
            return UnsupportedFeature(message, done.upper())
        return failure(self, "reading from" if done == "read" else "writing to", error)
