"""Standing at the descriptors of a `Blocked` until one of them calls."""

from __future__ import annotations

import asyncio

from iochan.aio.hub import Entry, Hub
from iochan.core import clock
from iochan.core.blocked import Blocked, Pollable
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError

__all__ = ["Wait"]

_IN, _OUT = Condition.IN, Condition.OUT


class Wait:
    """Somebody who waits at *hub* for one `Blocked` after the other, and is woken by `wake`."""

    __slots__ = ("_entries", "_last", "_only", "_timer", "hub")

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._entries: list[Entry] = []
        self._last: Blocked | None = None
        self._only: Entry | None = None
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Look again: what was waited for may have come. The loop calls it, and nobody else."""
        raise AssertionError

    def arm(self, blocked: Blocked) -> None:
        """Be woken once, as soon as *blocked* says.

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
                entry = self._only = self.hub.entry(pollable)
                self._last = blocked
                entry.want_in(self)
                return
        for pollable, condition in waits:
            self._want(pollable, condition)
        if blocked.deadline is not None:
            left = max(0.0, blocked.deadline - clock.now())
            self._timer = self.hub.loop.call_later(left, self.wake)

    def _want(self, pollable: Pollable, condition: Condition) -> None:
        if pollable.fileno() < 0:
            self.rest()
            message = "the channel was closed while an operation waited on it"
            raise ChannelClosedError(message)
        entry = self.hub.entry(pollable)
        self._entries.append(entry)
        if _OUT in condition:
            entry.want_out(self)
        if _OUT not in condition or _IN in condition:
            entry.want_in(self)

    def rest(self) -> None:
        """Wait no more, wherever it stands but in the one place that woke it."""
        if self._entries:
            for entry in self._entries:
                entry.drop(self)
            self._entries.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def leave(self) -> None:
        """Wait no more, wherever it stands."""
        self.rest()
        if self._only is not None:
            self._only.drop(self)
