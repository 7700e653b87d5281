"""Channels over descriptors that are read and written as they are: pipes, FIFOs, terminals."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Final, NoReturn

from typing_extensions import override

from iochan.channels.reasons import failure
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Room, Views, total
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.end import IOV_MAX, End, directions
from iochan.core.errors import ChannelClosedError, UnsupportedFeature
from iochan.core.fd import FdBox, OwnedFd
from iochan.core.feature import Feature
from iochan.core.op import Op

__all__ = ["PipeChannel", "pipe_pair"]

TERMINAL_LOOK: Final = 0.02
"""Seconds after which a writer that waits for a terminal looks again: Linux wakes it when the other
end has read, which may be just before there is room, and then not once more."""

_IN, _OUT, _BOTH = Condition.IN, Condition.OUT, Condition.IN | Condition.OUT


class PipeChannel(Channel):
    """One descriptor, for the directions it was opened for; or one for each direction.

    Where a direction is missing, its verbs raise `UnsupportedFeature`. `write_eof` closes the
    descriptor that writes, unless it is also the one that reads. The descriptors are made
    non-blocking, which whoever shares them sees: for the standard ones use `StdioChannel`.

    Args:
        fd: The descriptor; the one to read, if there is *write_fd*. Owned from now on.
        write_fd: The descriptor to write, owned from now on.
        name: What messages call the channel.
    """

    __slots__ = ("_drained", "_ended", "_reader", "_terminal", "_writer", "features")

    def __init__(self, fd: int, write_fd: int | None = None, name: str = "") -> None:
        super().__init__(name or "pipe")
        reads, writes = directions(fd) if write_fd is None else (True, False)
        self.prepare(fd)
        if write_fd is not None:
            self.prepare(write_fd)
        end = End(fd, reads=reads, writes=writes)
        self._reader = end if reads else None
        self._writer = end if writes else None
        if write_fd is not None:
            self._writer = End(write_fd, reads=False, writes=True)
        self._terminal = self._writer is not None and os.isatty(self._writer.fd)
        self._drained = False
        self._ended = False
        self.features = Feature.CONCURRENT
        if self._writer is not None and self._writer is not self._reader:
            self.features |= Feature.HALF_CLOSE

    def prepare(self, fd: int) -> None:
        """Prepare *fd*, which nobody else uses."""
        os.set_blocking(fd, False)

    @override
    def fileno(self) -> int:
        reader, writer = self._reader, self._writer
        if reader is not None and writer is not None and reader is not writer:
            return -1
        end = reader or writer
        return -1 if end is None else end.fd

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if len(views) == 1:
            return self.try_readinto(views[0], flags)
        end = self._reader
        if end is None:
            self._one_way("read")
        if self._ended:
            return 0
        try:
            got = os.readv(end.fd, views[:IOV_MAX])
        except BlockingIOError:
            self._drained = False
            return end.blocked_in
        except OSError as error:
            return self._read_failed(error)
        self._ended = not got
        self._drained = got < total(views)
        return got

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        end = self._reader
        if end is None:
            self._one_way("read")
        if self._ended:
            return 0
        if flags & 8 and self._drained:
            return end.blocked_in
        try:
            got = end.file.readinto(buffer)
        except (OSError, ValueError) as error:
            return self._read_failed(error)
        if got is None:
            self._drained = False
            return end.blocked_in
        self._ended = not got
        self._drained = got < len(buffer)
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if len(views) == 1:
            return self.try_write(views[0], flags)
        end = self._writing_end()
        try:
            return os.writev(end.fd, views[:IOV_MAX])
        except BlockingIOError:
            return self._no_room(end)
        except OSError as error:
            raise self._write_failure(error) from error

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        end = self._writing_end()
        try:
            put = end.file.write(data)
        except (OSError, ValueError) as error:
            raise self._write_failure(error) from error
        return self._no_room(end) if put is None else put

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if not condition & _BOTH:
            return Blocked(((self._reader or self._writing_end(), condition),))
        if _IN not in condition:
            return self._no_room(self._writing_end())
        if self._reader is None:
            self._one_way("read")
        if self._ended:
            return _IN
        blocked = self._reader.blocked_in
        return blocked | self._no_room(self._writing_end()) if _OUT in condition else blocked

    @override
    def end_writing_op(self) -> Op[None]:
        end = self._writing_end()
        if end is self._reader:
            yield from super().end_writing_op()
        end.close()

    @override
    def do_close(self) -> None:
        for end in (self._reader, self._writer):
            if end is not None:
                end.close()

    def _read_failed(self, error: OSError | ValueError) -> int:
        """Return what a read that met *error* returns, or raise."""
        raise failure(self, "reading from", error) from error

    def _write_failure(self, error: OSError | ValueError) -> Exception:
        """Return the error to raise after a write that met *error*."""
        if not self.closed and self._writer is not None and self._writer.fd < 0:
            return ChannelClosedError(
                f"{self._name} has ended its writing direction: it can only be read now"
            )
        return failure(self, "writing to", error)

    def _no_room(self, end: End) -> Blocked:
        """Return the wait for room to write."""
        return end.blocked_out.by(clock.now() + TERMINAL_LOOK) if self._terminal else end.blocked_out

    def _writing_end(self) -> End:
        if self._writer is None:
            self._one_way("written")
        return self._writer

    def _one_way(self, done: str) -> NoReturn:
        """Refuse what needs the direction that is missing."""
        message = f"{self._name} cannot be {done}: it has the other direction only"
        raise UnsupportedFeature(message, done.upper())


def pipe_pair(*, both_ways: bool = False) -> tuple[PipeChannel, PipeChannel]:
    """Return two connected channels: one that reads, and one that writes.

    Args:
        both_ways: Make two pipes, and both channels read and write.
    """
    with ExitStack() as stack:
        fds = [stack.enter_context(OwnedFd(fd)) for _ in range(1 + both_ways) for fd in os.pipe()]
        numbers = [owned.detach() for owned in fds]
    if both_ways:
        return PipeChannel(numbers[0], numbers[3], "pipe pair"), PipeChannel(
            numbers[2], numbers[1], "pipe pair"
        )
    return PipeChannel(numbers[0], name="pipe"), PipeChannel(numbers[1], name="pipe")
