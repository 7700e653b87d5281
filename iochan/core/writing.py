"""The verbs that write. Each waits as the channel is set to; each has its operation ``…_op``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, Views, advance, as_views, flat
from iochan.core.errors import DescriptorError, UnsupportedFeature, WouldBlock
from iochan.core.fd import MAX_FDS
from iochan.core.feature import Feature, WriteFlag
from iochan.core.guard import WriteGuard
from iochan.core.op import Op, run
from iochan.core.reading import Reading

__all__ = ["HELD_LIMIT", "HasFd", "HasFileno", "Writing"]

HELD_LIMIT = 65536
"""A corked channel sends what it gathered when it has this many bytes."""


class HasFd(Protocol):
    """An object with a descriptor: a file, a socket, an `OwnedFd`."""

    def fileno(self) -> int:
        """Return the descriptor."""


HasFileno = int | HasFd
"""A descriptor, or an object that has one."""


class Writing(Reading):
    """What a writer calls.

    A write that waits returns once its bytes have been handed on and nothing is owed; in
    non-blocking mode it returns once they are accepted, and what is owed goes out with the next
    call, with `flush` or with a watch. Where nothing can be accepted without waiting and the
    channel is not `blocking`, writes raise `WouldBlock`.
    """

    __slots__ = ()

    def write(self, data: Buffer) -> int:
        """Write at least one byte of *data*, as many as fit, and return how many."""
        held = self.held
        if held is not None:
            return self._hold(held, data)
        if self.writing:
            self.refuse("writer")
        self.writing = True
        try:
            whole = flat(data)
            if not whole:
                return 0
            put = self.try_write(whole, self._write_flags)
            if isinstance(put, Blocked):
                return self._wait_write(put, (memoryview(whole),), (), 0)
            blocked = self.try_flush()
            if blocked is not None and self._blocking:
                run(self.retry_flush_op(blocked), self._timeout)
            return put
        finally:
            self.writing = self.closed

    def writev(self, buffers: Iterable[Buffer], fds: Sequence[HasFileno] = (), flags: int = 0) -> int:
        """Write at least one byte of *buffers*, in order, and return how many.

        Args:
            buffers: What to write; a short write is normal.
            fds: Descriptors, or objects with ``fileno()``, that travel with the first of these
                bytes (needs `Feature.FD_PASS`). They stay open here and stay the caller's.
            flags: Bits of `WriteFlag`.
        """
        views, numbers = self._offer(buffers, fds, flags)
        if self.held is not None:
            run(self._push_held_op(), self._timeout)
        if self.writing:
            self.refuse("writer")
        self.writing = True
        try:
            if not views:
                return 0
            put = self.try_writev(views, numbers, flags | self._write_flags)
            if isinstance(put, Blocked):
                return self._wait_write(put, views, numbers, flags)
            blocked = self.try_flush()
            if blocked is not None and self._blocking:
                run(self.retry_flush_op(blocked), self._timeout)
            return put
        finally:
            self.writing = self.closed

    def write_all(self, data: Buffer) -> None:
        """Write all of *data*. Always waits; what is gathered under `set_cork` counts as written."""
        held = self.held
        if held is not None:
            self._hold(held, data)
            return
        if self.writing:
            self.refuse("writer")
        self.writing = True
        try:
            whole = flat(data)
            if not whole:
                return
            put = self.try_write(whole, self._write_flags)
            if put != len(whole) or self.try_flush() is not None:
                rest: Views = advance((memoryview(whole),), 0 if isinstance(put, Blocked) else put)
                run(self.write_views_op(rest), self._timeout)
        finally:
            self.writing = self.closed

    def writev_all(self, buffers: Iterable[Buffer], fds: Sequence[HasFileno] = (), flags: int = 0) -> None:
        """Write all of *buffers*; *fds* travel with the first bytes that are accepted. Always waits."""
        run(self.writev_all_op(buffers, fds, flags), self._timeout)

    def flush(self) -> None:
        """Send what `set_cork` gathered and what is owed, and wait until it is handed on.

        After zero-copy writes it also waits until the kernel has let go of the buffers.
        """
        run(self.flush_op(), self._timeout)

    def set_cork(self, cork: bool) -> None:  # noqa: FBT001 - as socket.setblocking
        """Gather small writes, or stop gathering and send what was gathered.

        While corked, ``write`` and ``write_all`` only copy their bytes, and send when
        `HELD_LIMIT` bytes are there; `flush` sends at once and leaves the cork in.
        """
        if cork:
            if self.held is None and not self.closed:
                self.held = bytearray()
        else:
            run(self.uncork_op(), self._timeout)

    def set_delay(self, delay: bool) -> None:  # noqa: FBT001 - as socket.setblocking
        """Allow the system to delay small writes (Nagle), or not; channels without delays ignore it."""
        self.do_set_delay(delay=delay)

    def write_op(self, data: Buffer) -> Op[int]:
        """The operation of `write`."""
        held = self.held
        if held is not None:
            return (yield from self._hold_op(held, data))
        return (yield from self.writev_op((data,)))

    def write_all_op(self, data: Buffer) -> Op[None]:
        """The operation of `write_all`."""
        held = self.held
        if held is not None:
            yield from self._hold_op(held, data)
        else:
            yield from self.writev_all_op((data,))

    def writev_op(self, buffers: Iterable[Buffer], fds: Sequence[HasFileno] = (), flags: int = 0) -> Op[int]:
        """The operation of `writev`.

        Cancelled before anything was accepted, it has sent nothing; cancelled after, what was
        accepted stays owed and goes out before anything else.
        """
        views, numbers = self._offer(buffers, fds, flags)
        if self.held:
            yield from self._push_held_op()
        with WriteGuard(self):
            if not views:
                return 0
            put = yield from self.retry_write_op(
                self.try_writev(views, numbers, flags), views, numbers, flags
            )
        return put

    def writev_all_op(
        self, buffers: Iterable[Buffer], fds: Sequence[HasFileno] = (), flags: int = 0
    ) -> Op[None]:
        """The operation of `writev_all`. After a cancellation some, all or none was sent."""
        views, numbers = self._offer(buffers, fds, flags)
        if self.held:
            yield from self._push_held_op()
        with WriteGuard(self):
            yield from self.write_views_op(views, numbers, flags)

    def flush_op(self) -> Op[None]:
        """The operation of `flush`."""
        if self.held:
            yield from self._push_held_op()
        with WriteGuard(self):
            yield from self.retry_flush_op(self.try_flush())

    def uncork_op(self) -> Op[None]:
        """The operation of ``set_cork(False)``."""
        if self.held:
            yield from self._push_held_op()
        self.held = None

    def _hold(self, held: bytearray, data: Buffer) -> int:
        before = len(held)
        held += data
        count = len(held) - before
        if len(held) >= HELD_LIMIT:
            run(self._push_held_op(), self._timeout)
        return count

    def _hold_op(self, held: bytearray, data: Buffer) -> Op[int]:
        before = len(held)
        held += data
        count = len(held) - before
        if len(held) >= HELD_LIMIT:
            yield from self._push_held_op()
        return count

    def _push_held_op(self) -> Op[None]:
        """Send what is gathered. Cancelled, it puts back what was not accepted."""
        held = self.held
        if not held:
            return
        with WriteGuard(self):
            left = memoryview(bytes(held))
            held.clear()
            try:
                while left:
                    put = self.try_writev((left,))
                    if isinstance(put, Blocked):
                        yield put
                    else:
                        left = left[put:]
            finally:
                held[:0] = left
            yield from self.retry_flush_op(self.try_flush())

    def _offer(
        self, buffers: Iterable[Buffer], fds: Sequence[HasFileno], flags: int
    ) -> tuple[Views, tuple[int, ...]]:
        """Return *buffers* as views and *fds* as numbers, once it is sure that they can be sent."""
        views = as_views(buffers)
        if flags & WriteFlag.ZERO_COPY:
            self._require(Feature.ZERO_COPY, "send without copying")
        if not fds:
            return views, ()
        self._require(Feature.FD_PASS, "send descriptors")
        if flags & WriteFlag.ZERO_COPY:
            message = f"{self._name}: descriptors cannot travel with a zero-copy write: send them apart"
            raise UnsupportedFeature(message, "ZERO_COPY")
        if len(fds) > MAX_FDS:
            message = (
                f"{len(fds)} descriptors in one write: at most {MAX_FDS} travel together, send them in parts"
            )
            raise DescriptorError(message)
        if not views:
            message = (
                f"{len(fds)} descriptors with no bytes: they belong to bytes, send at least one with them"
            )
            raise DescriptorError(message)
        return views, tuple([fd if isinstance(fd, int) else fd.fileno() for fd in fds])

    def _wait_write(self, blocked: Blocked, views: Views, fds: tuple[int, ...], flags: int) -> int:
        """Go on with a write whose first try was *blocked*, as `blocking` says."""
        if not self._blocking:
            message = f"{self._name} accepts nothing now: wait for OUT, or set blocking"
            raise WouldBlock(message)
        return run(self.retry_write_op(blocked, views, fds, flags), self._timeout)

    def retry_write_op(
        self, put: int | Blocked, views: Views, fds: tuple[int, ...] = (), flags: int = 0
    ) -> Op[int]:
        """Go on with a write of *views* whose try gave *put*, and flush, for who is the writer already."""
        while isinstance(put, Blocked):
            yield put
            put = self.try_writev(views, fds, flags)
        yield from self.retry_flush_op(self.try_flush())
        return put

    def write_views_op(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> Op[None]:
        """Write all of *views* and flush, for who is the writer already."""
        while views:
            put = self.try_writev(views, fds, flags)
            if isinstance(put, Blocked):
                yield put
                continue
            fds = ()
            if len(views) == 1 and put == len(views[0]):
                break
            views = advance(views, put)
        yield from self.retry_flush_op(self.try_flush())

    def retry_flush_op(self, blocked: Blocked | None) -> Op[None]:
        """Go on with a flush whose try gave *blocked*, for who is the writer already."""
        while blocked is not None:
            yield blocked
            blocked = self.try_flush()
