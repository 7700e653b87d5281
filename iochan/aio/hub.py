"""What of an asyncio loop waits for which descriptor.

asyncio allows one callback for each descriptor and direction; here any number of waiters may wait.
A descriptor stays registered while reads keep coming, since registering costs as much as a read; it
is taken out when it is ready and nobody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from iochan.core.blocked import Pollable

__all__ = ["Entry", "Hub", "hub_of"]


class Wakeable(Protocol):
    """Somebody who waits."""

    def wake(self) -> None:
        """Try again; waiting again is allowed. It ignores a call that it does not wait for any more."""


class Entry:
    """One descriptor: who waits for it, and for which directions the loop watches it."""

    __slots__ = ("_loop", "fd", "reader_set", "readers", "writer_set", "writers")

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int) -> None:
        self._loop = loop
        self.fd = fd
        self.readers: list[Wakeable] = []
        self.writers: list[Wakeable] = []
        self.reader_set = False
        self.writer_set = False

    def want_in(self, waiter: Wakeable) -> None:
        """Wake *waiter* once the descriptor is readable."""
        self.readers.append(waiter)
        if not self.reader_set:
            self.set_reader()

    def set_reader(self) -> None:
        """Have the loop watch for readability."""
        self._loop.add_reader(self.fd, self._on_in)
        self.reader_set = True

    def want_out(self, waiter: Wakeable) -> None:
        """Wake *waiter* once the descriptor is writable."""
        self.writers.append(waiter)
        if not self.writer_set:
            self._loop.add_writer(self.fd, self._on_out)
            self.writer_set = True

    def _on_in(self) -> None:
        waiters = self.readers
        if len(waiters) == 1:
            waiters.pop().wake()
        elif waiters:
            self.readers = []
            self._wake_all(waiters, self.want_in)
        else:
            self._loop.remove_reader(self.fd)
            self.reader_set = False

    def _on_out(self) -> None:
        waiters, self.writers = self.writers, []
        self._wake_all(waiters, self.want_out)
        # Room is the normal state: a descriptor left registered for it would wake the loop for ever.
        if not self.writers and self.writer_set:
            self._loop.remove_writer(self.fd)
            self.writer_set = False

    def _wake_all(self, waiters: list[Wakeable], want: Callable[[Wakeable], None]) -> None:
        waiters.reverse()
        try:
            while waiters:
                waiters.pop().wake()
        finally:
            # A KeyboardInterrupt in one task's step leaves the others waiting, not lost.
            if self.fd >= 0:
                for waiter in reversed(waiters):
                    want(waiter)

    def drop(self, waiter: Wakeable) -> None:
        """Let *waiter* wait no more, if it does."""
        if waiter in self.readers:
            self.readers.remove(waiter)
        if waiter in self.writers:
            self.writers.remove(waiter)

    def dissolve(self) -> None:
        """Take the descriptor out of the loop and let all who waited find out why."""
        if self.reader_set:
            self._loop.remove_reader(self.fd)
        if self.writer_set:
            self._loop.remove_writer(self.fd)
        self.reader_set = self.writer_set = False
        self.fd = -1
        for waiter in (*self.readers, *self.writers):
            self._loop.call_soon(waiter.wake)
        self.readers, self.writers = [], []


class Hub:
    """The entries of one loop."""

    __slots__ = ("_entries", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._entries: dict[int, Entry] = {}

    def entry(self, pollable: Pollable) -> Entry:
        """Return the entry of *pollable*, which is forgotten when its descriptor is closed."""
        fd = pollable.fileno()
        entry = self._entries.get(fd)
        if entry is None:
            entry = self._entries[fd] = Entry(self.loop, fd)
        # Each time: two channels may share one descriptor.
        pollable.on_close(self.forget)
        return entry

    def forget(self, pollable: Pollable) -> None:
        """Drop the entry of *pollable*, whose descriptor is about to be closed."""
        entry = self._entries.pop(pollable.fileno(), None)
        if entry is not None and not self.loop.is_closed():
            entry.dissolve()

    def disband(self) -> None:
        """Let go of all who wait: the loop is closed, and nobody will wake them."""
        self._entries.clear()


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub_of(loop: asyncio.AbstractEventLoop) -> Hub:
    """Return the hub of *loop*, made when it is first asked for."""
    hub = _hubs.get(loop)
    if hub is None:
        for other in list(_hubs):
            if other.is_closed():
                _hubs.pop(other).disband()
        hub = _hubs[loop] = Hub(loop)
    return hub
