"""So many bytes a second."""

from __future__ import annotations

import math
from typing import Final

from typing_extensions import override

from iochan.address.value import Count, as_count
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, clip
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.fd import FdBox
from iochan.core.feature import ReadFlag
from iochan.core.layer import Layer

__all__ = ["Bucket", "ThrottleLayer", "throttle"]

BURST_SECONDS: Final = 0.1
"""How many seconds' worth of bytes may come at once, unless *burst* says otherwise."""

PIECE_SECONDS: Final = 0.01
"""How many seconds' worth of bytes are let through together: less would be one call for each byte."""

_RELAXED: Final = ReadFlag.RELAXED_EOF


class Bucket:
    """A token bucket that keeps one number: the time at which it was, or will be, empty.

    Asking it changes nothing, so any thread may ask; one may take.

    Args:
        rate: Bytes a second, at least 1.
        burst: How many bytes it holds, at least 1; it begins full.
    """

    __slots__ = ("_empty_at", "_full_seconds", "_piece_seconds", "rate")

    def __init__(self, rate: int, burst: int) -> None:
        if rate < 1 or burst < 1:
            message = f"{rate} bytes a second with bursts of {burst}: both must be at least 1"
            raise ValueError(message)
        self.rate = rate
        self._full_seconds = burst / rate
        self._piece_seconds = max(1 / rate, min(self._full_seconds, PIECE_SECONDS))
        self._empty_at = -math.inf

    def allow(self) -> int | Blocked:
        """Return how many bytes may pass now, at least 1, or the time at which some may."""
        now = clock.now()
        piece_at = self._empty_at + self._piece_seconds
        if now < piece_at:
            return Blocked(deadline=piece_at)
        return max(1, int(min(now - self._empty_at, self._full_seconds) * self.rate))

    def take(self, count: int) -> None:
        """Count *count* bytes as passed."""
        self._empty_at = max(self._empty_at, clock.now() - self._full_seconds) + count / self.rate


class ThrottleLayer(Layer):
    """Lets bytes pass at a given pace, by token buckets: one for each direction.

    Args:
        lower: The channel below, owned from now on.
        read_rate: Bytes a second for reads; None for no limit.
        write_rate: Bytes a second for writes; None for no limit.
        burst: How many bytes may pass at once after a pause; None for a tenth of a second's worth.
        name: What messages call the layer.
    """

    __slots__ = ("_reads", "_writes")

    def __init__(
        self,
        lower: Channel,
        read_rate: int | None = None,
        write_rate: int | None = None,
        burst: int | None = None,
        name: str = "throttle",
    ) -> None:
        self._reads = _bucket(read_rate, burst)
        self._writes = _bucket(write_rate, burst)
        super().__init__(lower, name)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        bucket = self._reads
        if bucket is None:
            return self._lower.try_readv(views, None, flags)
        allowed = bucket.allow()
        if isinstance(allowed, Blocked):
            return allowed
        got = self._lower.try_readv(clip(views, allowed), None, flags & _RELAXED)
        if not isinstance(got, Blocked):
            bucket.take(got)
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        bucket = self._writes
        if bucket is None:
            return self._lower.try_writev(views, (), flags)
        allowed = bucket.allow()
        if isinstance(allowed, Blocked):
            return allowed
        put = self._lower.try_writev(clip(views, allowed))
        if not isinstance(put, Blocked):
            bucket.take(put)
        return put

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        later: Blocked | None = None
        for bucket, direction in ((self._reads, Condition.IN), (self._writes, Condition.OUT)):
            if bucket is not None and direction in condition:
                allowed = bucket.allow()
                if isinstance(allowed, Blocked):
                    later = allowed | later
                    condition &= ~direction
        if later is None:
            return self._lower.ready(condition)
        if not condition:
            return later
        below = self._lower.ready(condition)
        return below | later if isinstance(below, Blocked) else below


def _bucket(rate: int | None, burst: int | None) -> Bucket | None:
    if rate is None:
        return None
    return Bucket(rate, max(1, int(rate * BURST_SECONDS)) if burst is None else burst)


def throttle(
    channel: Channel,
    *,
    rate: Count | None = None,
    read_rate: Count | None = None,
    write_rate: Count | None = None,
    burst: Count | None = None,
) -> ThrottleLayer:
    """Put a `ThrottleLayer` on *channel*; in an address, rates are ``throttle.rate=1M`` and so on.

    Args:
        channel: The channel below.
        rate: For each direction that has no rate of its own.
        read_rate: For reads.
        write_rate: For writes.
        burst: See `ThrottleLayer`.
    """
    reads = rate if read_rate is None else read_rate
    writes = rate if write_rate is None else write_rate
    return ThrottleLayer(
        channel,
        None if reads is None else as_count("throttle.read_rate", reads, least=1),
        None if writes is None else as_count("throttle.write_rate", writes, least=1),
        None if burst is None else as_count("throttle.burst", burst, least=1),
    )
