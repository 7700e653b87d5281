"""A channel of one's own: the reading end of a pipe."""

from __future__ import annotations

import os

from typing_extensions import override

from iochan import Blocked, FdBox, Leaf, UnsupportedFeature
from iochan.core.buffers import Views


class PipeReader(Leaf):
    """Reads the pipe *fd*, which it owns from now on."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        super().__init__(f"pipe {fd}")
        os.set_blocking(fd, False)
        self._fd = fd

    @override
    def fileno(self) -> int:
        return self._fd

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        try:
            return os.readv(self._fd, views)
        except BlockingIOError:
            return self.blocked_in
        except OSError as error:
            raise self.failure("reading", error) from error

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        message = f"{self.name} is the reading end of a pipe: write to the other end"
        raise UnsupportedFeature(message, "NONE")

    @override
    def do_close(self) -> None:
        if self._fd >= 0:
            self.announce_close()
            fd, self._fd = self._fd, -1
            os.close(fd)


reading, writing = os.pipe()
with PipeReader(reading) as channel:
    os.write(writing, b"first line\nsecond line\n")
    os.close(writing)
    lines = channel.buffered()
    print(lines.peek(5))
    print(lines.read_exactly(23))
