"""The verbs that read. Each waits as the channel is set to; each has its operation ``…_op``."""

from __future__ import annotations

from collections.abc import Iterable

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, Views, advance, as_room, as_views, total
from iochan.core.errors import ChannelTimeout, UnexpectedEOF, WouldBlock
from iochan.core.fd import FdBox
from iochan.core.feature import Feature, ReadFlag
from iochan.core.guard import ReadGuard
from iochan.core.op import Op, run, wait
from iochan.core.primitives import Primitives
from iochan.core.scratch import SCRATCH_SIZE, borrow, give_back

__all__ = ["DEFAULT_READ", "Reading"]

_MISSES, _SELDOM = 4, 16

DEFAULT_READ = 65536
"""How many bytes ``read`` asks for when it is not told."""


class Reading(Primitives):
    """What a reader calls.

    At the end of the stream reads return 0 (or ``b""``), once and for ever. Where nothing can be
    read without waiting and the channel is not `blocking`, they raise `WouldBlock`.
    """

    __slots__ = ()

    def readinto(self, buffer: Buffer) -> int:
        """Read at least one byte into *buffer* and return how many came; 0 is the end of the stream."""
        if self.reading:
            self.refuse("reader")
        self.reading = True
        try:
            room = as_room(buffer)
            if not room:
                return 0
            got = self.try_readinto(room, self._read_flags)
            if isinstance(got, Blocked):
                got = self._wait_read(got, (memoryview(room),), None, 0)
            return got
        finally:
            self.reading = self.closed

    def read(self, size: int = DEFAULT_READ) -> bytes:
        """Return between 1 and *size* bytes, as soon as there are any; ``b""`` at the end of the stream."""
        if size <= 0:
            _refuse_negative(size)
            return b""
        scratch = borrow()
        try:
            view = scratch[:size] if size < SCRATCH_SIZE else scratch
            return bytes(view[: self.readinto(view)])
        finally:
            give_back(scratch)

    def readv(self, buffers: Iterable[Buffer], fds: FdBox | None = None, flags: int = 0) -> int:
        """Read at least one byte into *buffers*, in order, and return how many came.

        Args:
            buffers: Where the bytes go; a short read is normal.
            fds: A box for descriptors that came with these bytes (needs `Feature.FD_PASS`).
            flags: Bits of `ReadFlag`.

        Returns:
            The count; 0 at the end of the stream (with descriptors, 0 bytes are not the end).
        """
        views = self._ask(buffers, fds, flags)
        if self.reading:
            self.refuse("reader")
        self.reading = True
        try:
            if not views:
                return 0
            got = self.try_readv(views, fds, flags | self._read_flags)
            if isinstance(got, Blocked):
                got = self._wait_read(got, views, fds, flags)
            return got
        finally:
            self.reading = self.closed

    def peek(self, size: int = DEFAULT_READ) -> bytes:
        """Return up to *size* of the bytes that the next read will return, and leave them there.

        At least one, unless the stream is at its end. Needs `Feature.PEEK`: sockets have it, and
        any channel under ``buffered()``.
        """
        room = bytearray(size)
        return bytes(room[: self.readv([room], flags=ReadFlag.PEEK)])

    def readv_all_eof(self, buffers: Iterable[Buffer], fds: FdBox | None = None) -> bool:
        """Fill all of *buffers*; False if the stream ended before the first byte. Always waits.

        Raises:
            UnexpectedEOF: The stream ended after the first byte.
        """
        return run(self.readv_all_eof_op(buffers, fds), self._timeout)

    def readv_all(self, buffers: Iterable[Buffer], fds: FdBox | None = None) -> None:
        """Fill all of *buffers*; an end of the stream before that is `UnexpectedEOF`. Always waits."""
        run(self.readv_all_op(buffers, fds), self._timeout)

    def read_exactly(self, size: int) -> bytes:
        """Return exactly *size* bytes; an end of the stream before that is `UnexpectedEOF`. Always waits."""
        return run(self.read_exactly_op(size), self._timeout)

    def readinto_op(self, buffer: Buffer) -> Op[int]:
        """The operation of `readinto`."""
        return self.readv_op((buffer,))

    def read_op(self, size: int = DEFAULT_READ) -> Op[bytes]:
        """The operation of `read`. A cancelled one has taken nothing from the stream."""
        if size <= 0:
            _refuse_negative(size)
            return b""
        with ReadGuard(self):
            scratch = borrow()
            try:
                blocked = self._try_read_scratch(scratch, size, ReadFlag.LAZY)
            finally:
                give_back(scratch)
            while isinstance(blocked, Blocked):
                yield blocked
                scratch = borrow()
                try:
                    blocked = self._try_read_scratch(scratch, size, 0)
                finally:
                    give_back(scratch)
            return blocked

    def readv_op(self, buffers: Iterable[Buffer], fds: FdBox | None = None, flags: int = 0) -> Op[int]:
        """The operation of `readv`. A cancelled one has taken nothing from the stream."""
        views = self._ask(buffers, fds, flags)
        with ReadGuard(self):
            if not views:
                return 0
            got = self.try_readv(views, fds, flags | ReadFlag.LAZY)
            while isinstance(got, Blocked):
                yield got
                got = self.try_readv(views, fds, flags)
            return got

    def readv_all_eof_op(self, buffers: Iterable[Buffer], fds: FdBox | None = None) -> Op[bool]:
        """The operation of `readv_all_eof`. A cancelled one leaves what it had read in *buffers*."""
        views: Views = self._ask(buffers, fds, 0)
        left = wanted = total(views)
        with ReadGuard(self):
            while left:
                got = self.try_readv(views, fds, 0)
                while isinstance(got, Blocked):
                    yield got
                    got = self.try_readv(views, fds, 0)
                # Descriptors may come with the first bytes only; later reads of one record
                # must not swallow those of the next.
                if got == 0 and not (fds is not None and len(fds)):
                    if left == wanted:
                        return False
                    raise UnexpectedEOF(wanted - left, wanted)
                fds = None
                left -= got
                if left:
                    views = advance(views, got)
        return True

    def readv_all_op(self, buffers: Iterable[Buffer], fds: FdBox | None = None) -> Op[None]:
        """The operation of `readv_all`."""
        views = self._ask(buffers, fds, 0)
        if not (yield from self.readv_all_eof_op(views, fds)):
            raise UnexpectedEOF(0, total(views))

    def read_exactly_op(self, size: int) -> Op[bytes]:
        """The operation of `read_exactly`."""
        room = bytearray(size)
        yield from self.readv_all_op((room,))
        return bytes(room)

    def peek_op(self, size: int = DEFAULT_READ) -> Op[bytes]:
        """The operation of `peek`."""
        room = bytearray(size)
        got = yield from self.readv_op((room,), flags=ReadFlag.PEEK)
        return bytes(room[:got])

    def _ask(self, buffers: Iterable[Buffer], fds: FdBox | None, flags: int) -> list[memoryview]:
        """Return *buffers* as views, once it is sure that the channel can do what is asked."""
        if fds is not None:
            self._require(Feature.FD_PASS, "receive descriptors")
        if flags & ReadFlag.PEEK:
            self._require(Feature.PEEK, "peek (stack buffered() on it)")
        return as_views(buffers)

    def _try_read_scratch(self, scratch: memoryview, size: int, flags: int) -> bytes | Blocked:
        view = scratch[:size] if size < SCRATCH_SIZE else scratch
        got = self.try_readv((view,), None, flags)
        return got if isinstance(got, Blocked) else bytes(view[:got])

    def _spin_read(self, views: Views, fds: FdBox | None, flags: int) -> int | Blocked:
        """Try again and again for as long as `spin` says, unless that was in vain the last times."""
        seldom = self._misses >= _MISSES and self._misses % _SELDOM
        until = 0.0 if seldom else clock.now() + self._spin
        while True:
            got = self.try_readv(views, fds, flags)
            if not isinstance(got, Blocked):
                self._misses = 0
                return got
            if clock.now() >= until:
                self._misses += 1
                return got

    def _wait_read(self, blocked: Blocked, views: Views, fds: FdBox | None, flags: int) -> int:
        """Go on with a read whose first try was *blocked*, as `blocking` says."""
        if not self._blocking:
            message = f"nothing to read from {self._name} now: wait for IN, or set blocking"
            raise WouldBlock(message)
        timeout = self._timeout
        deadline = None if timeout is None else clock.now() + timeout
        got = self._spin_read(views, fds, flags) if self._spin else blocked
        while isinstance(got, Blocked):
            wait(got if deadline is None else got.by(deadline))
            got = self.try_readv(views, fds, flags)
            if deadline is not None and isinstance(got, Blocked) and clock.now() >= deadline:
                message = f"nothing came on {self._name} within {timeout:g} s: allow more time, or see why"
                raise ChannelTimeout(message)
        return got


def _refuse_negative(size: int) -> None:
    if size < 0:
        message = f"read of {size} bytes: give the most to return, or use readv_all for a whole record"
        raise ValueError(message)
