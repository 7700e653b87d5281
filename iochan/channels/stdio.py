"""The standard input and output of this process as one channel, left as they were found.

They belong to others as well: a shell, the next program on the terminal, the other end of a pipe
that was inherited. A flag set on them is set for all of these, and stays when this process has
died. So their descriptors' flags are never touched: pipes and terminals are read after ``poll(2)``
said so, and written in pieces that cannot block then; sockets are told with each call; files are
always ready.
"""

from __future__ import annotations

import atexit
import os
import select
import socket
import stat
import termios
import tty
from typing import Any, Final

from typing_extensions import override

from iochan.channels.descriptor import watchable
from iochan.channels.file import FileChannel
from iochan.channels.pipe import PipeChannel
from iochan.channels.reasons import explain
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Views, as_view, clip
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ConnectError
from iochan.core.fd import FdBox, OwnedFd
from iochan.core.feature import Feature
from iochan.core.op import Op

__all__ = ["StdioChannel"]

# POLLOUT promises PIPE_BUF bytes of room in a pipe, and 256 in a terminal (Linux: n_tty_poll), where
# a line's end may become two bytes.
_PIPE_PIECE: Final = select.PIPE_BUF
_TERMINAL_PIECE: Final = 128


class SharedChannel(PipeChannel):
    """A pipe or terminal whose flags are not ours to change.

    Should another process read the bytes, or fill the room, between poll and call, the call waits.
    """

    __slots__ = ("_piece", "_poll")

    def __init__(self, fd: int, name: str) -> None:
        super().__init__(fd, name=name)
        self._piece = _TERMINAL_PIECE if os.isatty(fd) else _PIPE_PIECE
        self._poll = (select.poll(), select.poll())
        self._poll[0].register(fd, select.POLLIN)
        self._poll[1].register(fd, select.POLLOUT)

    @override
    def prepare(self, fd: int) -> None:
        """Leave *fd* as it is."""

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if self._reader is not None and not self._ended and not self._poll[0].poll(0):
            return self._reader.blocked_in
        return super().try_readv(views, fds, flags)

    @override
    def try_readinto(self, buffer: Flat, flags: int = 0) -> int | Blocked:
        if self._reader is not None and not self._ended and not self._poll[0].poll(0):
            return self._reader.blocked_in
        return super().try_readinto(buffer, flags)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if self._writer is not None and not self._poll[1].poll(0):
            return self._writer.blocked_out
        return super().try_writev(clip(views, self._piece), fds, flags)

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        return self.try_writev((as_view(data),), (), flags)


class StdioChannel(Channel):
    """Reads the standard input and writes the standard output.

    Closing it leaves descriptors 0 and 1 open. After `write_eof`, number 1 is the null device
    (unless it is a terminal), so that whoever reads the output sees its end.

    Args:
        raw: Whether to put the terminal, if the input is one, into raw mode; at the close, or at
            the end of the program, it gets back the modes it had. (A program killed by a signal that
            it does not handle cannot do that.)
        stdin: The descriptor to read; it stays the caller's.
        stdout: The descriptor to write; it stays the caller's.

    Raises:
        ConnectError: One of the two is closed.
    """

    __slots__ = ("_modes", "_reader", "_stdin", "_stdout", "_writer")

    features = Feature.CONCURRENT

    def __init__(self, *, raw: bool = False, stdin: int = 0, stdout: int = 1) -> None:
        super().__init__("stdio")
        self._stdin = stdin
        self._stdout = stdout
        self._modes: list[Any] | None = None
        self._reader = _shared(stdin, "standard input")
        try:
            self._writer = _shared(stdout, "standard output")
        except BaseException:
            self._reader.abort()
            raise
        if raw and os.isatty(stdin):
            self._modes = termios.tcgetattr(stdin)
            atexit.register(self._restore)
            tty.setraw(stdin, termios.TCSANOW)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return self._reader.try_readv(views, fds, flags)

    @override
    def try_readinto(self, buffer: Flat, flags: int = 0) -> int | Blocked:
        return self._reader.try_readinto(buffer, flags)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        return self._writer.try_writev(views, fds, flags)

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        return self._writer.try_write(data, flags)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if Condition.OUT not in condition:
            return self._reader.ready(condition)
        writes = self._writer.ready(Condition.OUT)
        if Condition.IN not in condition or not isinstance(writes, Blocked):
            return writes
        reads = self._reader.ready(Condition.IN)
        return reads | writes if isinstance(reads, Blocked) else reads

    @override
    def end_writing_op(self) -> Op[None]:
        if isinstance(self._writer, SocketChannel):
            yield from self._writer.end_writing_op()
        elif not os.isatty(self._stdout):
            with OwnedFd(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)) as null:
                os.dup2(null.fileno(), self._stdout)
        self._writer.abort()

    @override
    def do_close(self) -> None:
        self._reader.abort()
        self._writer.abort()
        self._restore()

    def _restore(self) -> None:
        """Give the terminal back the modes that it had."""
        modes, self._modes = self._modes, None
        if modes is not None:
            atexit.unregister(self._restore)
            termios.tcsetattr(self._stdin, termios.TCSANOW, modes)


def _shared(fd: int, name: str) -> Channel:
    """Return a channel over a copy of *fd*, with the means of its kind that change no flag."""
    try:
        copy = os.dup(fd)
    except OSError as error:
        message = f"{name} (descriptor {fd}) cannot be used: {explain(error)}"
        raise ConnectError(message) from error
    with OwnedFd(copy) as owned:
        channel: Channel
        if stat.S_ISSOCK(os.fstat(copy).st_mode):
            channel = SocketChannel(socket.socket(fileno=copy), name)
        else:
            channel = SharedChannel(copy, name) if watchable(copy) else FileChannel(copy, name)
        owned.detach()
        return channel
