"""The running asyncio loop as a `Loop` of the core, for tasks and watches."""

from __future__ import annotations

import asyncio

from typing_extensions import override

from iochan.aio.hub import hub_of
from iochan.aio.wait import Wait
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelClosedError
from iochan.core.loop import Wakeable

__all__ = ["AsyncioLoop"]


class AsyncioLoop:
    """Runs `iochan.core.task.Task` and `iochan.core.watch.add_watch` on the running asyncio loop.

    It implements `iochan.core.loop.Loop`. What a watch's callback raises goes to the loop's
    exception handler.

    Raises:
        RuntimeError: No asyncio loop runs the caller.
    """

    __slots__ = ("_soon", "_waits", "hub")

    def __init__(self) -> None:
        self.hub = hub_of(asyncio.get_running_loop())
        self._waits: dict[Wakeable, _LoopWait] = {}
        self._soon: dict[Wakeable, asyncio.Handle] = {}

    def when(self, blocked: Blocked, waiter: Wakeable) -> None:
        """See `Loop.when`."""
        wait = self._waits.get(waiter)
        if wait is None:
            wait = self._waits[waiter] = _LoopWait(self, waiter)
        try:
            wait.look_out(blocked)
        except ChannelClosedError:
            self.done_with(wait)
            raise

    def soon(self, waiter: Wakeable) -> None:
        """See `Loop.soon`."""
        self._soon[waiter] = self.hub.loop.call_soon(self._start, waiter)

    def forget(self, waiter: Wakeable) -> None:
        """See `Loop.forget`."""
        handle = self._soon.pop(waiter, None)
        if handle is not None:
            handle.cancel()
        wait = self._waits.get(waiter)
        if wait is not None:
            wait.blocked = None
            wait.leave()
            self.done_with(wait)

    def done_with(self, wait: _LoopWait) -> None:
        """Drop *wait*, whose waiter waits for nothing any more."""
        if self._waits.get(wait.waiter) is wait:
            del self._waits[wait.waiter]

    def _start(self, waiter: Wakeable) -> None:
        self._soon.pop(waiter, None)
        waiter.wake()


class _LoopWait(Wait):
    """One waiter of an `AsyncioLoop`; kept while it waits again each time."""

    __slots__ = ("_loop", "blocked", "waiter")

    def __init__(self, loop: AsyncioLoop, waiter: Wakeable) -> None:
        super().__init__(loop.hub)
        self._loop = loop
        self.waiter = waiter
        self.blocked: Blocked | None = None

    def look_out(self, blocked: Blocked) -> None:
        """Wake the waiter once, as soon as *blocked* says."""
        self.arm(blocked)
        self.blocked = blocked

    @override
    def wake(self) -> None:
        blocked = self.blocked
        if blocked is None:
            return  # forgotten since
        self.rest()
        self.blocked = None
        try:
            if self.waiter.wake():
                self.look_out(blocked)
        finally:
            if self.blocked is None:
                self._loop.done_with(self)
