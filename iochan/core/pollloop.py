"""A small event loop over ``poll(2)`` and, with many descriptors, ``epoll(7)``."""

from __future__ import annotations

import heapq
import itertools
import math
import select
import sys

from iochan.core import clock
from iochan.core.blocked import Blocked, Pollable
from iochan.core.errors import ChannelClosedError
from iochan.core.loop import Wakeable
from iochan.core.op import poll_mask

__all__ = ["PollLoop"]

_FEW = 16
"""Up to so many descriptors, ``poll(2)`` costs half of what ``epoll_wait(2)`` does."""

_IN, _OUT = int(select.POLLIN), int(select.POLLOUT)
_BROKEN = int(select.POLLHUP | select.POLLERR | select.POLLNVAL)
_READS = _IN | _BROKEN
_WRITES = _OUT | _BROKEN
_WORTH_PURGING = 64


class _Entry:
    """One descriptor: the events asked of the kernel, and who waits for them."""

    __slots__ = ("mask", "readers", "writers")

    def __init__(self) -> None:
        self.mask = 0
        self.readers: list[Wakeable] = []
        self.writers: list[Wakeable] = []

    def drop(self, waiter: Wakeable) -> None:
        """Forget *waiter*, if it waits here."""
        if waiter in self.readers:
            self.readers.remove(waiter)
        if waiter in self.writers:
            self.writers.remove(waiter)


class _FirstOf:
    """Waits in several places, or for a time as well, and wakes its waiter once."""

    __slots__ = ("blocked", "done", "entries", "loop", "waiter")

    def __init__(self, loop: PollLoop, blocked: Blocked, waiter: Wakeable) -> None:
        self.loop = loop
        self.blocked = blocked
        self.waiter = waiter
        self.entries: list[_Entry] = []
        self.done = False

    def end(self) -> None:
        """Wait no more."""
        self.done = True
        for entry in self.entries:
            entry.drop(self)
        self.loop.multis.pop(self.waiter, None)

    def wake(self) -> bool:
        """Wake the waiter, unless that has been done."""
        if not self.done:
            self.end()
            if self.waiter.wake():
                self.loop.when(self.blocked, self.waiter)
        return False


def _wake_all(waiters: list[Wakeable]) -> None:
    for waiter in tuple(waiters):
        # It may be gone, or there again for a wait of its own making, which stands behind.
        if not waiter.wake() and waiter in waiters:
            waiters.remove(waiter)


class PollLoop:
    """Runs watches and tasks in one thread, until nothing is waited for any more or `stop` is called.

    A descriptor stays registered while somebody waits for it again after each event, so that a
    busy channel costs one system call a turn. It implements `iochan.core.loop.Loop`.
    """

    __slots__ = (
        "__weakref__",
        "_count",
        "_entries",
        "_millis",
        "_poll",
        "_registered",
        "_soon",
        "_stopped",
        "_timers",
        "multis",
    )

    def __init__(self) -> None:
        self._poll = select.poll()
        self._millis = True
        self._entries: dict[int, _Entry] = {}
        self.multis: dict[Wakeable, _FirstOf] = {}
        self._soon: list[Wakeable] = []
        self._timers: list[tuple[float, int, _FirstOf]] = []
        self._registered = 0
        self._count = itertools.count()
        self._stopped = False

    def when(self, blocked: Blocked, waiter: Wakeable) -> None:
        """See `Loop.when`."""
        waits = blocked.waits
        if len(waits) == 1 and blocked.deadline is None:
            pollable, condition = waits[0]
            self._wait(self._entry(pollable), pollable.fileno(), poll_mask(condition), waiter)
            return
        first = self.multis[waiter] = _FirstOf(self, blocked, waiter)
        for pollable, condition in waits:
            entry = self._entry(pollable)
            first.entries.append(entry)
            self._wait(entry, pollable.fileno(), poll_mask(condition), first)
        if blocked.deadline is not None:
            if len(self._timers) >= _WORTH_PURGING:
                self._purge_timers()
            heapq.heappush(self._timers, (blocked.deadline, next(self._count), first))

    def soon(self, waiter: Wakeable) -> None:
        """See `Loop.soon`."""
        self._soon.append(waiter)

    def forget(self, waiter: Wakeable) -> None:
        """See `Loop.forget`."""
        first = self.multis.pop(waiter, None)
        if first is not None:
            first.end()
        for entry in self._entries.values():
            entry.drop(waiter)
        self._soon = [other for other in self._soon if other is not waiter]

    def stop(self) -> None:
        """Let `run` return after the current turn."""
        self._stopped = True

    def run(self) -> None:
        """Turn until `stop`, or until nobody waits for anything."""
        self._stopped = False
        while not self._stopped and (self._soon or self._timers or self._registered):
            self.turn()

    def turn(self, timeout: float | None = None) -> None:
        """Wake who is due; if nobody is, wait at most *timeout* seconds (None: for ever)."""
        if self._soon:
            soon, self._soon = self._soon, []
            for waiter in soon:
                waiter.wake()
            timeout = 0.0
        if self._timers:
            due = max(0.0, self._timers[0][0] - clock.now())
            timeout = due if timeout is None else min(timeout, due)
        poll = self._poll
        if timeout is None:
            events = poll.poll()
        else:
            events = poll.poll(math.ceil(timeout * 1000) if self._millis else timeout)
        entries = self._entries
        for fd, event in events:
            entry = entries.get(fd)
            if entry is None:
                continue
            if event & _READS:
                readers = entry.readers
                if len(readers) == 1:
                    waiter = readers[0]
                    if not waiter.wake() and waiter in readers:
                        readers.remove(waiter)
                elif readers:
                    _wake_all(readers)
            if event & _WRITES and entry.writers:
                _wake_all(entry.writers)
            wanted = (_IN if entry.readers else 0) | (_OUT if entry.writers else 0)
            if wanted != entry.mask and entries.get(fd) is entry:
                self._set_mask(fd, entry, wanted)
        if self._timers:
            self._wake_due()

    def _wake_due(self) -> None:
        now = clock.now()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2].wake()

    def _entry(self, pollable: Pollable) -> _Entry:
        fd = pollable.fileno()
        entry = self._entries.get(fd)
        if entry is None:
            if fd < 0:
                message = "the channel was closed while an operation waited on it"
                raise ChannelClosedError(message)
            entry = self._entries[fd] = _Entry()
            pollable.on_close(self._drop_fd)
        return entry

    def _wait(self, entry: _Entry, fd: int, mask: int, waiter: Wakeable) -> None:
        if mask & _OUT:
            entry.writers.append(waiter)
        if mask != _OUT:
            entry.readers.append(waiter)
        if mask & ~entry.mask or not entry.mask:
            self._set_mask(fd, entry, entry.mask | mask or _IN)

    def _set_mask(self, fd: int, entry: _Entry, mask: int) -> None:
        # A hang-up is reported whatever the mask is: a descriptor that nobody waits for must leave.
        if not mask:
            self._poll.unregister(fd)
            self._registered -= 1
        elif entry.mask:
            self._poll.modify(fd, mask)
        else:
            if len(self._entries) > _FEW and self._millis and sys.platform == "linux":
                self._change_to_epoll()
            self._poll.register(fd, mask)
            self._registered += 1
        entry.mask = mask

    def _change_to_epoll(self) -> None:
        self._poll = select.epoll()
        self._millis = False
        for fd, entry in self._entries.items():
            if entry.mask:
                self._poll.register(fd, entry.mask)

    def _drop_fd(self, pollable: Pollable) -> None:
        fd = pollable.fileno()
        entry = self._entries.pop(fd, None)
        if entry is not None:
            if entry.mask:
                self._poll.unregister(fd)
                self._registered -= 1
            # They find out by trying again.
            self._soon += entry.readers + entry.writers
            entry.readers, entry.writers = [], []

    def _purge_timers(self) -> None:
        alive = [timer for timer in self._timers if not timer[2].done]
        if len(alive) * 2 < len(self._timers):
            self._timers = alive
            heapq.heapify(self._timers)
