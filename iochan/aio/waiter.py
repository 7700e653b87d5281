"""Awaitables that try again in the readiness callback and step the waiting task in place.

An `asyncio.Future` puts its task on the loop's next turn. A waiter speaks the part of the Future's
protocol that `asyncio.Task` uses, and runs the task's own callback as soon as it has a result, so
an awaited read costs hardly more than a callback. It does so only from callbacks of the loop, when
no task is running; and since the try and the task's step are one, a cancellation cannot fall
between them: a cancelled read has taken nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any, Generic, TypeVar

from typing_extensions import override

from iochan.aio.hub import Entry, Hub
from iochan.core import clock
from iochan.core.blocked import Blocked, Pollable
from iochan.core.buffers import Flat
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError
from iochan.core.op import Op
from iochan.core.scratch import SCRATCH_SIZE, borrow, give_back

__all__ = ["OpWaiter", "ReadBytesWaiter", "ReadWaiter", "Waiter"]

T = TypeVar("T")
_IN, _OUT = Condition.IN, Condition.OUT


class Waiter(Generic[T]):
    """Waits for a `Blocked`, tries again, and so on until the try succeeds or raises.

    Arm it, then await it: that gives what the try returned. A kept one serves one wait after the
    other.
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "_callback",
        "_context",
        "_entries",
        "_error",
        "_hub",
        "_last",
        "_only",
        "_result",
        "_timer",
    )

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asyncio_future_blocking = False
        self._callback: Callable[[Any], object] | None = None
        self._context: Context | None = None
        self._entries: list[Entry] = []
        self._error: BaseException | None = None
        self._last: Blocked | None = None
        self._only: Entry | None = None
        self._result: T
        self._timer: asyncio.TimerHandle | None = None

    def attempt(self) -> T | Blocked:
        """Try again; what is returned or raised ends the wait, unless it is `Blocked`."""
        raise AssertionError

    def abandon(self) -> None:
        """Drop what the wait was for: it was cancelled."""

    def arm(self, blocked: Blocked) -> None:
        """Wait for *blocked*.

        Raises:
            ChannelClosedError: What it waits for is closed.
        """
        if blocked is self._last:
            # The same leaf as before, whose entry is known.
            entry = self._only
            if entry is not None and entry.fd >= 0:
                entry.readers.append(self)
                if not entry.reader_set:
                    entry.set_reader()
                return
        waits = blocked.waits
        if len(waits) == 1 and blocked.deadline is None and waits[0][1] is _IN:
            pollable = waits[0][0]
            if pollable.fileno() >= 0:
                entry = self._only = self._hub.entry(pollable)
                self._last = blocked
                entry.want_in(self)
                return
        for pollable, condition in waits:
            self._want(pollable, condition)
        if blocked.deadline is not None:
            left = max(0.0, blocked.deadline - clock.now())
            self._timer = self._hub.loop.call_later(left, self.wake)

    def _want(self, pollable: Pollable, condition: Condition) -> None:
        if pollable.fileno() < 0:
            message = "the channel was closed while an operation waited on it"
            raise ChannelClosedError(message)
        entry = self._hub.entry(pollable)
        self._entries.append(entry)
        if _OUT in condition:
            entry.want_out(self)
        if _OUT not in condition or _IN in condition:
            entry.want_in(self)

    def _disarm(self) -> None:
        for entry in self._entries:
            entry.drop(self)
        self._entries.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def wake(self) -> None:
        """Try again, and if that ends the wait, step the task. Called by the loop only."""
        if self._entries or self._timer is not None:
            self._disarm()
        try:
            got = self.attempt()
            if isinstance(got, Blocked):
                self.arm(got)
                return
            self._result = got
        except BaseException as error:  # noqa: BLE001 - handed to the task, as a Future does
            self._error = error
        self._step()

    def _step(self) -> None:
        callback, context = self._callback, self._context
        if callback is not None and context is not None:
            self._callback = self._context = None
            context.run(callback, self)

    def __await__(self) -> Generator[Waiter[T], None, T]:
        self._asyncio_future_blocking = True
        yield self
        return self._result

    # What follows is what asyncio.Task asks of a Future.

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop it belongs to."""
        return self._hub.loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context) -> None:
        """Keep the task's callback: there is one."""
        self._callback = callback
        self._context = context

    def result(self) -> None:
        """Raise what ended the wait, if something did."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    def cancel(self, msg: Any = None) -> bool:
        """End the wait with `asyncio.CancelledError`."""
        if self._callback is None:
            return False
        self._disarm()
        if self._only is not None:
            self._only.drop(self)
        self.abandon()
        self._error = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        self._hub.loop.call_soon(self._step)
        return True


class ReadWaiter(Waiter[int]):
    """Waits for a read into *buffer*."""

    __slots__ = ("_channel", "buffer")

    def __init__(self, hub: Hub, channel: Channel) -> None:
        super().__init__(hub)
        self._channel = channel
        self.buffer: Flat = b""

    @override
    def attempt(self) -> int | Blocked:
        return self._channel.try_readinto(self.buffer)


class ReadBytesWaiter(Waiter[bytes]):
    """Waits for a read of at most *size* bytes."""

    __slots__ = ("_channel", "size")

    def __init__(self, hub: Hub, channel: Channel) -> None:
        super().__init__(hub)
        self._channel = channel
        self.size = 0

    @override
    def attempt(self) -> bytes | Blocked:
        scratch = borrow()
        try:
            view = scratch[: self.size] if self.size < SCRATCH_SIZE else scratch
            got = self._channel.try_readv((view,))
            return got if isinstance(got, Blocked) else bytes(view[:got])
        finally:
            give_back(scratch)


class OpWaiter(Waiter[T]):
    """Waits for an operation that has been blocked once."""

    __slots__ = ("_op",)

    def __init__(self, hub: Hub, op: Op[T]) -> None:
        super().__init__(hub)
        self._op = op

    @override
    def attempt(self) -> T | Blocked:
        try:
            return next(self._op)
        except StopIteration as stop:
            result: T = stop.value
            return result

    @override
    def abandon(self) -> None:
        self._op.close()
