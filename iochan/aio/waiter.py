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

from iochan.aio.hub import Hub
from iochan.aio.wait import Wait
from iochan.core.blocked import Blocked
from iochan.core.buffers import NO_ROOM, Room
from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.core.scratch import SCRATCH_SIZE, borrow, give_back

__all__ = ["OpWaiter", "ReadBytesWaiter", "ReadWaiter", "Waiter"]

T = TypeVar("T")


class Waiter(Wait, Generic[T]):
    """Waits for a `Blocked`, tries again, and so on until the try succeeds or raises.

    Set `blocked`, then await it: that gives what the try returned. A kept one serves one wait after
    the other. It waits as long as it has the task's callback.

    Attributes:
        blocked: What to wait for first.
    """

    __slots__ = ("_asyncio_future_blocking", "_callback", "_context", "_error", "_result", "blocked")

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self._asyncio_future_blocking = False
        self.blocked: Blocked
        self._callback: Callable[[Any], object] | None = None
        self._context: Context | None = None
        self._error: BaseException | None = None
        self._result: T

    def attempt(self) -> T | Blocked:
        """Try again; what is returned or raised ends the wait, unless it is `Blocked`."""
        raise AssertionError

    @override
    def wake(self) -> None:
        callback, context = self._callback, self._context
        if callback is None or context is None:
            return  # cancelled since
        if self._entries or self._timer is not None:
            self.rest()
        try:
            got = self.attempt()
            if self._callback is None:
                return  # the try itself cancelled the task
            if isinstance(got, Blocked):
                self.arm(got)
                return
            self._result = got
        except BaseException as error:  # noqa: BLE001 - handed to the task, as a Future does
            if self._callback is None:
                return
            self._error = error
        self._callback = self._context = None
        context.run(callback, self)

    def __await__(self) -> Generator[Waiter[T], None, T]:
        self._asyncio_future_blocking = True
        try:
            yield self
        except BaseException as error:
            # Also where nobody called `cancel`: the coroutine was closed, or its loop is another.
            self._callback = self._context = None
            self.leave()
            if self._asyncio_future_blocking and not isinstance(error, GeneratorExit):
                message = "an AsyncChannel of another event loop: make one inside the loop that uses it"
                raise RuntimeError(message) from error
            raise
        return self._result

    # What follows is what asyncio.Task asks of a Future.

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop it belongs to: a task of another one refuses it."""
        return self.hub.loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context) -> None:
        """Begin to wait, now that the task has been found to be of this loop."""
        self._callback = callback
        self._context = context
        try:
            self.arm(self.blocked)
        except Exception as error:  # noqa: BLE001 - the task's, which awaits the waiter already
            self._end_soon(error)

    def result(self) -> None:
        """Raise what ended the wait, if something did."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def cancel(self, msg: object = None) -> bool:
        """End the wait with `asyncio.CancelledError`; False if it has ended already."""
        if self._callback is None:
            return False
        self.leave()
        self._end_soon(asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg))
        return True

    def _end_soon(self, error: BaseException) -> None:
        callback, context = self._callback, self._context
        assert callback is not None, "nobody waits"
        self._callback = self._context = None
        self._error = error
        self.hub.loop.call_soon(callback, self, context=context)


class ReadWaiter(Waiter[int]):
    """Waits for a read into *buffer*."""

    __slots__ = ("_try_readinto", "buffer")

    def __init__(self, hub: Hub, channel: Channel) -> None:
        super().__init__(hub)
        self._try_readinto = channel.try_readinto
        self.buffer: Room = NO_ROOM

    @override
    def attempt(self) -> int | Blocked:
        return self._try_readinto(self.buffer)


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
        context = self._context
        assert context is not None, "only who waits is woken"
        try:
            # The loop's callback runs in the context of who registered the descriptor.
            return context.run(next, self._op)
        except StopIteration as stop:
            result: T = stop.value
            return result
