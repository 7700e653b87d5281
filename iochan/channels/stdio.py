"""The standard input and output of this process as one channel, left as they were found.

They belong to others as well: a shell, the next program on the terminal, the other end of a pipe
that was inherited. A flag set on them is set for all of these, and stays when this process has
died. So their descriptors' flags are never touched: pipes are read after ``poll(2)``
said so, and written in pieces that cannot block then; terminals are opened once more, for flags of
our own; sockets are told with each call; files are always ready. And because some event loops
(uvloop) make what they watch non-blocking, they get an ``epoll(7)`` descriptor that watches it.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import select
import socket
import stat
import termios
import tty
from typing import Any, Final

from typing_extensions import override

from iochan.channels.file import FileChannel
from iochan.channels.pipe import PipeChannel
from iochan.channels.reasons import explain
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Room, Views, as_view, clip
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.end import End, watchable
from iochan.core.errors import ConnectError
from iochan.core.fd import FdBox, OwnedFd
from iochan.core.feature import Feature
from iochan.core.op import Op

__all__ = ["StdioChannel"]

# POLLOUT promises PIPE_BUF bytes of room in a pipe. In a terminal it promises next to nothing.
_PIPE_PIECE: Final = select.PIPE_BUF
_TERMINAL_PIECE: Final = 1


class SharedChannel(PipeChannel):
    """A pipe whose flags are not ours to change, or a terminal that cannot be opened once more.

    Should another process read the bytes, or fill the room, between poll and call, the call waits.
    """

    __slots__ = ("_piece", "_polls")

    def __init__(self, fd: int, name: str) -> None:
        super().__init__(fd, name=name)
        self._piece = _TERMINAL_PIECE if os.isatty(fd) else _PIPE_PIECE
        self._polls = (select.poll(), select.poll())
        self._polls[0].register(fd, select.POLLIN)
        self._polls[1].register(fd, select.POLLOUT)

    @override
    def prepare(self, fd: int) -> None:
        """Leave *fd* as it is."""

    # Single buffers come by try_readinto and try_write in any case.

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if len(views) > 1 and (blocked := self._nothing_yet()) is not None:
            return blocked
        return super().try_readv(views, fds, flags)

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        blocked = self._nothing_yet()
        return super().try_readinto(buffer, flags) if blocked is None else blocked

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if len(views) > 1 and (blocked := self._no_room_yet()) is not None:
            return blocked
        return super().try_writev(clip(views, self._piece), fds, flags)

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        blocked = self._no_room_yet()
        return super().try_write(as_view(data)[: self._piece], flags) if blocked is None else blocked

    def _nothing_yet(self) -> Blocked | None:
        if self._reader is None or self._ended or self._polls[0].poll(0):
            return None
        return self._reader.blocked_in

    def _no_room_yet(self) -> Blocked | None:
        return None if self._writer is None or self._polls[1].poll(0) else self._no_room(self._writer)


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

    __slots__ = ("_modes", "_reader", "_stdin", "_stdout", "_watches", "_writer")

    features = Feature.CONCURRENT | Feature.HALF_CLOSE

    def __init__(self, *, raw: bool = False, stdin: int = 0, stdout: int = 1) -> None:
        super().__init__("stdio")
        self._stdin = stdin
        self._stdout = stdout
        self._modes: list[Any] | None = None
        # Both first: a copy of the one would get the number of the other if that is closed.
        _check_open(stdin, "standard input")
        _check_open(stdout, "standard output")
        self._reader = _shared(stdin, "standard input")
        try:
            self._writer = _shared(stdout, "standard output")
        except BaseException:
            self._reader.abort()
            raise
        self._watches: dict[Condition, End] = {}
        if raw and os.isatty(stdin):
            self._modes = termios.tcgetattr(stdin)
            atexit.register(self._restore)
            tty.setraw(stdin, termios.TCSANOW)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        got = self._reader.try_readv(views, fds, flags)
        return self._wait(got, Condition.IN) if isinstance(got, Blocked) else got

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        got = self._reader.try_readinto(buffer, flags)
        return self._wait(got, Condition.IN) if isinstance(got, Blocked) else got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        put = self._writer.try_writev(views, fds, flags)
        return self._wait(put, Condition.OUT) if isinstance(put, Blocked) else put

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        put = self._writer.try_write(data, flags)
        return self._wait(put, Condition.OUT) if isinstance(put, Blocked) else put

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        found: Blocked | None = None
        # A hang-up is an end of the stream, which reads see.
        if Condition.IN in condition or Condition.OUT not in condition:
            reads = self._reader.ready(Condition.IN)
            if not isinstance(reads, Blocked):
                return reads
            found = self._wait(reads, Condition.IN)
        if Condition.OUT in condition:
            writes = self._writer.ready(Condition.OUT)
            if not isinstance(writes, Blocked):
                return writes
            found = self._wait(writes, Condition.OUT) | found
        assert found is not None
        return found

    def _wait(self, blocked: Blocked, condition: Condition) -> Blocked:
        """Return *blocked* by way of a descriptor that loops may set flags on."""
        end = self._watches.get(condition)
        if end is None:
            if not hasattr(select, "epoll"):
                return blocked
            mask = select.EPOLLIN if condition is Condition.IN else select.EPOLLOUT
            with select.epoll() as watch:
                watch.register(blocked.waits[0][0].fileno(), mask)
                end = self._watches[condition] = End(os.dup(watch.fileno()), reads=True, writes=False)
        return end.blocked_in.by(blocked.deadline)

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
        for end in self._watches.values():
            end.close()
        self._reader.abort()
        self._writer.abort()
        self._restore()

    def _restore(self) -> None:
        """Give the terminal back the modes that it had."""
        modes, self._modes = self._modes, None
        if modes is not None:
            atexit.unregister(self._restore)
            termios.tcsetattr(self._stdin, termios.TCSANOW, modes)


def _check_open(fd: int, name: str) -> None:
    try:
        os.fstat(fd)
    except OSError as error:
        message = f"{name} (descriptor {fd}) cannot be used: {explain(error)}"
        raise ConnectError(message) from error


def _shared(fd: int, name: str) -> Channel:
    """Return a channel over a copy of *fd*, with the means of its kind that change no flag."""
    copy = os.dup(fd)
    with OwnedFd(copy) as owned:
        channel: Channel
        if stat.S_ISSOCK(os.fstat(copy).st_mode):
            channel = SocketChannel(socket.socket(fileno=copy), name)
        elif not watchable(copy):
            channel = FileChannel(copy, name)
        elif (own := _open_again(copy)) is not None:
            return PipeChannel(own, name=name)
        else:
            channel = SharedChannel(copy, name)
        owned.detach()
        return channel


def _open_again(fd: int) -> int | None:
    """Return the terminal *fd* with flags of its own; None if it is no terminal, or may not be opened."""
    if not os.isatty(fd):
        return None
    access = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
    try:
        path = os.ttyname(fd)
        # The master of a pseudo-terminal: opening that name would make another one.
        if path.endswith("/ptmx"):
            return None
        return os.open(path, access | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
