"""A small event loop over ``poll(2)`` and, with many descriptors, ``epoll(7)``."""

from __future__ import annotations

import collections
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

    __slots__ = ("fd", "mask", "readers", "writers")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.mask = 0
        self.readers: list[Wakeable] = []
        self.writers: list[Wakeable] = []

    @property
    def wanted(self) -> int:
        """The events that somebody waits for."""
        return (_IN if self.readers else 0) | (_OUT if self.writers else 0)

    def drop(self, waiter: Wakeable) -> None:
        """Forget *waiter*, if it waits here."""
        if waiter in self.readers:
            self.readers.remove(waiter)
        if waiter in self.writers:
            self.writers.remove(waiter)


class _FirstOf:
    """Waits in several places, or for a time as well, and wakes its waiter once."""

    __slots__ = ("done", "entries", "loop", "waiter")

    def __init__(self, loop: PollLoop, waiter: Wakeable) -> None:
        self.loop = loop
        self.waiter = waiter
        self.entries: list[_Entry] = []
        self.done = False

    def end(self) -> None:
        """Wait no more."""
        self.done = True
        for entry in self.entries:
            entry.drop(self)
        self.loop.left += self.entries
        self.loop.multis.pop(self.waiter, None)

    def wake(self) -> bool:
        """Wake the waiter, unless that has been done."""
        if not self.done:
            self.end()
            self.waiter.wake()
        return False


def _wake_those(entry: _Entry, event: int) -> None:
    if event & _READS:
        _wake_all(entry.readers)
    if event & _WRITES:
        _wake_all(entry.writers)


def _wake_all(waiters: list[Wakeable]) -> None:
    for waiter in tuple(waiters):
        if waiter not in waiters:
            continue  # forgotten by one before it
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
        "left",
        "multis",
    )

    def __init__(self) -> None:
        self._poll: select.poll | select.epoll = select.poll()
        self._millis = True
        self._entries: dict[int, _Entry] = {}
        self.left: list[_Entry] = []
        self.multis: dict[Wakeable, _FirstOf] = {}
        self._soon: collections.deque[Wakeable] = collections.deque()
        self._timers: list[tuple[float, int, _FirstOf]] = []
        self._registered = 0
        self._count = itertools.count()
        self._stopped = False

    def when(self, blocked: Blocked, waiter: Wakeable) -> None:
        """See `Loop.when`."""
        waits = blocked.waits
        if len(waits) == 1 and blocked.deadline is None:
            pollable, condition = waits[0]
            self._wait(self._entry(pollable), poll_mask(condition), waiter)
            return
        first = self.multis[waiter] = _FirstOf(self, waiter)
        for pollable, condition in waits:
            try:
                entry = self._entry(pollable)
            except ChannelClosedError:
                first.end()
                raise
            first.entries.append(entry)
            self._wait(entry, poll_mask(condition), first)
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
            if entry.wanted != entry.mask:
                self.left.append(entry)
        if waiter in self._soon:
            self._soon = collections.deque(other for other in self._soon if other is not waiter)

    def stop(self) -> None:
        """Let `run` return after the current turn."""
        self._stopped = True

    def run(self) -> None:
        """Turn until `stop`, or until nobody waits for anything."""
        self._stopped = False
        while not self._stopped:
            if self.left or self._timers:
                self._tidy()
            if self._soon or self._timers:
                self.turn()
            elif self._registered:
                # A turn where nothing is due: the way of a busy loop.
                self._dispatch(self._poll.poll())
            else:
                break

    def turn(self, timeout: float | None = None) -> None:
        """Wake who is due; if nobody is, wait at most *timeout* seconds (None: for ever).

        What a waiter raises ends the turn; the others' turn comes with the next one.
        """
        if self.left or self._timers:
            self._tidy()
        timeout = self._prepare(timeout)
        if timeout is None:
            self._dispatch(self._poll.poll())
        else:
            self._dispatch(self._poll.poll(math.ceil(timeout * 1000) if self._millis else timeout))
        now = clock.now()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2].wake()

    def _dispatch(self, events: list[tuple[int, int]]) -> None:
        entries = self._entries
        for fd, event in events:
            try:
                entry = entries[fd]
            except KeyError:
                continue  # closed by one before it
            readers = entry.readers
            if event == _IN and len(readers) == 1:
                # What most events are.
                waiter = readers[0]
                if waiter.wake():
                    continue
                if waiter in readers:
                    readers.remove(waiter)
            else:
                _wake_those(entry, event)
            self._adjust(entry)

    def _prepare(self, timeout: float | None) -> float | None:
        """Wake those of `soon`; return how long the turn may then wait."""
        if self._soon:
            # As many as there are: who comes meanwhile waits for the next turn.
            for _ in range(len(self._soon)):
                if self._soon:
                    self._soon.popleft().wake()
            timeout = 0.0
        if self._timers:
            due = max(0.0, self._timers[0][0] - clock.now())
            timeout = due if timeout is None else min(timeout, due)
        return timeout

    def _adjust(self, entry: _Entry) -> None:
        wanted = entry.wanted
        if wanted != entry.mask and self._entries.get(entry.fd) is entry:
            self._set_mask(entry.fd, entry, wanted)

    def _tidy(self) -> None:
        # Not at once: most of those that are left are waited for again before the next poll.
        left, self.left = self.left, []
        for entry in left:
            self._adjust(entry)
        while self._timers and self._timers[0][2].done:
            heapq.heappop(self._timers)

    def _entry(self, pollable: Pollable) -> _Entry:
        fd = pollable.fileno()
        entry = self._entries.get(fd)
        if entry is None:
            if fd < 0:
                message = "the channel was closed while an operation waited on it"
                raise ChannelClosedError(message)
            entry = self._entries[fd] = _Entry(fd)
            pollable.on_close(self._drop_fd)
        return entry

    def _wait(self, entry: _Entry, mask: int, waiter: Wakeable) -> None:
        if mask & _OUT:
            entry.writers.append(waiter)
        if mask != _OUT:
            entry.readers.append(waiter)
        if mask & ~entry.mask or not entry.mask:
            self._set_mask(entry.fd, entry, entry.mask | mask or _IN)

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
            self._soon.extend(entry.readers + entry.writers)
            entry.readers, entry.writers = [], []

    def _purge_timers(self) -> None:
        alive = [timer for timer in self._timers if not timer[2].done]
        if len(alive) * 2 < len(self._timers):
            self._timers = alive
            heapq.heapify(self._timers)
