"""A long way: what comes in comes later."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from typing_extensions import override

from iochan.address.value import Seconds, as_seconds
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, clip
from iochan.core.bytequeue import ByteQueue
from iochan.core.channel import Channel
from iochan.core.codec import BATCH
from iochan.core.condition import Condition
from iochan.core.errors import IochanError
from iochan.core.fd import FdBox
from iochan.core.feature import ReadFlag
from iochan.core.layer import Layer
from iochan.core.scratch import borrow, give_back

__all__ = ["DelayLayer", "delay"]

_RELAXED: Final = ReadFlag.RELAXED_EOF
_IN = Condition.IN

MAX_ARRIVALS: Final = 1024
"""How many pieces may be on their way at once; with them all under way nothing is read below."""


class DelayLayer(Layer):
    """Gives each byte *seconds* after it was seen to have come; the end and errors too.

    Bytes that came after each other are under way at the same time (at most 64 KiB of them), so
    this is latency, not a limit of speed. Only what comes in is delayed: that is a round trip's
    latency once.

    Args:
        lower: The channel below, owned from now on.
        seconds: The delay.
    """

    __slots__ = ("_arrivals", "_end", "_queue", "seconds")

    def __init__(self, lower: Channel, seconds: float) -> None:
        if not 0 <= seconds < math.inf:
            message = f"a delay of {seconds} s: it must be 0 or more"
            raise ValueError(message)
        super().__init__(lower, "delay")
        self.seconds = seconds
        self._queue = ByteQueue()
        # When which number of bytes of the queue is due; the sum of the numbers is its length.
        self._arrivals: deque[tuple[float, int]] = deque()
        self._end: tuple[float, IochanError | None] | None = None

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        starved = self._take_in(flags & _RELAXED)
        now = clock.now()
        arrivals = self._arrivals
        if arrivals and arrivals[0][0] <= now:
            return self._give(views, now)
        if not arrivals and self._end is not None and self._end[0] <= now:
            if self._end[1] is not None:
                raise self._end[1]
            return 0
        due = self._due()
        if starved is None:
            return Blocked(deadline=due)
        return starved.by(due)

    def _take_in(self, flags: int) -> Blocked | None:
        """Read what is there below; return what to wait for before there is more, if there is room."""
        scratch = borrow()
        try:
            while self._end is None and len(self._queue) < BATCH and len(self._arrivals) < MAX_ARRIVALS:
                try:
                    got = self._lower.try_readinto(scratch[: BATCH - len(self._queue)], flags)
                except IochanError as error:
                    self._end = (clock.now() + self.seconds, error)
                    break
                if isinstance(got, Blocked):
                    return got
                due = clock.now() + self.seconds
                if got:
                    self._queue.put(scratch[:got])
                    self._arrivals.append((due, got))
                else:
                    self._end = (due, None)
            return None
        finally:
            give_back(scratch)

    def _give(self, views: Views, now: float) -> int:
        """Move what is due into *views*."""
        arrivals = self._arrivals
        ready = 0
        for due, size in arrivals:
            if due > now:
                break
            ready += size
        done = self._queue.take_into(clip(views, ready))
        left = done
        while left and left >= arrivals[0][1]:
            left -= arrivals.popleft()[1]
        if left:
            arrivals[0] = (arrivals[0][0], arrivals[0][1] - left)
        return done

    def _due(self) -> float | None:
        if self._arrivals:
            return self._arrivals[0][0]
        return None if self._end is None else self._end[0]

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        # What is under way is the reader's alone: a writer that asks for room must not look.
        if _IN not in condition or (due := self._due()) is None:
            return self._lower.ready(condition)
        if due <= clock.now():
            return _IN
        if self._end is not None or len(self._queue) >= BATCH or len(self._arrivals) >= MAX_ARRIVALS:
            # Nothing is read below now, so its being readable means nothing.
            condition &= ~_IN
        below = self._lower.ready(condition) if condition else Blocked()
        return below.by(due) if isinstance(below, Blocked) else below

    @override
    def do_close(self) -> None:
        self._queue.drop(len(self._queue))
        self._arrivals.clear()
        super().do_close()


def delay(channel: Channel, *, seconds: Seconds) -> DelayLayer:
    """Put a `DelayLayer` on *channel*; ``delay.seconds=250ms`` in an address."""
    return DelayLayer(channel, as_seconds("delay.seconds", seconds))
