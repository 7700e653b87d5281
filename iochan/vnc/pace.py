"""How much may be on its way to a viewer that tells by fences what has come: little, so it sees the present.

Every update ends with a fence that has a number. Its answer tells how long a byte takes, and how many come in
that time; what may be on the way is what the line carries in its shortest round trip and a little more.
"""

from __future__ import annotations

import struct
from collections import deque
from typing import Final, NamedTuple

from iochan.core import clock

__all__ = ["LEAST", "MAX_MARKS", "START", "Pace"]

START: Final = 65536
"""Bytes that may be on the way before anything has been measured."""

LEAST: Final = 4096
"""Never less than this."""

MAX_MARKS: Final = 64
"""Fences that wait for an answer at most; of those beyond it the oldest is no longer waited for."""

_SAMPLES: Final = 8
_NUMBER: Final = struct.Struct(">8sI")
_NAME: Final = b"iochan:p"


class _Mark(NamedTuple):
    """A fence: its number, what had been sent with it, when, and what had been answered then, and when."""

    number: int
    sent: int
    at: float
    seen: int
    seen_at: float


class Pace:
    """Measures one viewer's line.

    Args:
        behind: Seconds of the line's work that may wait on the way.
    """

    def __init__(self, behind: float) -> None:
        self._behind = behind
        self._sent = self._seen = 0
        self._seen_at = clock.now()
        self._marks: deque[_Mark] = deque(maxlen=MAX_MARKS)
        self._rates: deque[float] = deque(maxlen=_SAMPLES)
        self._trip = float("inf")
        self._number = 0
        self.window = START

    @property
    def room(self) -> int:
        """How many bytes more may go on their way; 0 while that is not worth beginning."""
        room = self.window - (self._sent - self._seen)
        return room if 2 * room >= self.window else 0

    def sent(self, size: int) -> None:
        """Note that *size* bytes went out."""
        self._sent += size

    def mark(self) -> bytes:
        """Return the payload of a fence that goes out now, behind all that was sent."""
        self._number = (self._number + 1) & 0xFFFFFFFF
        self._marks.append(_Mark(self._number, self._sent, clock.now(), self._seen, self._seen_at))
        return _NUMBER.pack(_NAME, self._number)

    def answered(self, payload: bytes) -> None:
        """Note the answer to a fence; what is none of ours, or comes twice, says nothing."""
        if len(payload) != _NUMBER.size:
            return
        name, number = _NUMBER.unpack(payload)
        if name != _NAME or all(mark.number != number for mark in self._marks):
            return
        while (mark := self._marks.popleft()).number != number:
            pass
        now = clock.now()
        full = 2 * (mark.sent - mark.seen) >= self.window
        # Over less time a few bytes that come together would look like a quick line; a quick one is found out
        # soon all the same, since the window grows to twice what it was with every answer.
        rate = (mark.sent - mark.seen) / max(now - mark.seen_at, self._behind / 2)
        # What did not fill the window says how little was sent, and not how little the line carries.
        if full or not self._rates or rate > max(self._rates):
            self._rates.append(rate)
        self._trip = min(self._trip, now - mark.at)
        self._seen, self._seen_at = mark.sent, now
        self.window = max(LEAST, int(max(self._rates) * (self._trip + self._behind)))
