"""Layers that misbehave in every way a channel may: for the tests of whoever reads and writes one.

All are deterministic. Each keeps the contract of a channel: what breaks above them was broken before.

=================  ==========================================  ==================================
layer              what it does                                what it finds
=================  ==========================================  ==================================
`DribbleLayer`     one byte a call                             parsers that assume whole units
`StutterLayer`     blocked every other call, or at random      lost wake-ups, unflushed ends
`ClogLayer`        no room to write until released             missing back-pressure
`TruncateLayer`    the end of the stream after n bytes         silent short reads
`BreakLayer`       an error after n bytes                      leaks on the way out
`DelayLayer`       what comes in comes later (its own file)     hidden assumptions about time
=================  ==========================================  ==================================
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable
from typing import Final

from typing_extensions import override

from iochan.address.value import Count, as_count
from iochan.core import clock
from iochan.core.blocked import Blocked, Pollable
from iochan.core.buffers import Views, clip
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError
from iochan.core.fd import FdBox
from iochan.core.feature import ReadFlag
from iochan.core.layer import Layer
from iochan.layers.limit import LimitLayer

__all__ = [
    "BreakLayer",
    "ClogLayer",
    "DribbleLayer",
    "StutterLayer",
    "TruncateLayer",
    "break_after",
    "dribble",
    "stutter",
    "truncate",
]

_RELAXED: Final = ReadFlag.RELAXED_EOF
_IN, _OUT = Condition.IN, Condition.OUT


class DribbleLayer(Layer):
    """Gives and takes one byte a call.

    Args:
        lower: The channel below, owned from now on.
    """

    __slots__ = ()

    def __init__(self, lower: Channel) -> None:
        super().__init__(lower, "dribble")

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return self._lower.try_readv((views[0][:1],), None, flags & _RELAXED)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        return self._lower.try_writev((views[0][:1],))


class StutterLayer(Layer):
    """Is blocked on every other call of a direction, the first one too, until a time that is now.

    Args:
        lower: The channel below, owned from now on.
        seed: Instead, be blocked on half of the calls, at random; the same *seed* blocks the same
            calls, each direction for itself.
    """

    __slots__ = ("_read_turns", "_write_turns")

    def __init__(self, lower: Channel, seed: int | None = None) -> None:
        super().__init__(lower, "stutter")
        self._read_turns = _turns(seed, "read")
        self._write_turns = _turns(seed, "write")

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if self._read_turns():
            return Blocked(deadline=clock.now())
        return self._lower.try_readv(views, None, flags & _RELAXED)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if self._write_turns():
            return Blocked(deadline=clock.now())
        return self._lower.try_writev(views)


def _turns(seed: int | None, direction: str) -> Callable[[], bool]:
    """Return what tells for each call whether it is blocked."""
    if seed is None:
        return itertools.cycle((True, False)).__next__
    source = random.Random(f"{seed} {direction}")  # noqa: S311 - repeatable, not secret
    return lambda: source.random() < 0.5


class _Gate:
    """A pipe whose reading end becomes readable once, for ever: what a clogged writer waits for."""

    __slots__ = ("_forgets", "_reader", "_writer", "blocked")

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self._forgets: set[Callable[[Pollable], None]] = set()
        self.blocked = Blocked(((self, Condition.IN),))

    def fileno(self) -> int:
        return self._reader

    def on_close(self, forget: Callable[[Pollable], None]) -> None:
        self._forgets.add(forget)

    def open(self) -> None:
        if self._writer >= 0:
            os.write(self._writer, b"\n")

    def close(self) -> None:
        if self._reader >= 0:
            for forget in self._forgets:
                forget(self)
            for fd in (self._reader, self._writer):
                os.close(fd)
            self._reader = self._writer = -1


class ClogLayer(Layer):
    """Has no room to write until `release` is called; reads pass.

    Args:
        lower: The channel below, owned from now on.

    Attributes:
        clogged: Whether there is no room.
    """

    __slots__ = ("_gate", "clogged")

    def __init__(self, lower: Channel) -> None:
        super().__init__(lower, "clog")
        self.clogged = True
        self._gate = _Gate()

    def release(self) -> None:
        """Let writes pass from now on, and wake who waits; any thread may call it."""
        if self.clogged:
            self.clogged = False
            self._gate.open()

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return self._lower.try_readv(views, None, flags & _RELAXED)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        return self._gate.blocked if self.clogged else self._lower.try_writev(views)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if not self.clogged or _OUT not in condition:
            return self._lower.ready(condition)
        rest = condition & ~_OUT
        if not rest:
            return self._gate.blocked
        below = self._lower.ready(rest)
        return below | self._gate.blocked if isinstance(below, Blocked) else below

    @override
    def do_close(self) -> None:
        self._gate.close()
        super().do_close()


class TruncateLayer(LimitLayer):
    """Ends the stream after *after* bytes were read, without a goodbye, as a peer that was killed.

    Args:
        lower: The channel below, owned from now on.
        after: How many bytes come.
    """

    __slots__ = ()

    def __init__(self, lower: Channel, after: int) -> None:
        super().__init__(lower, read=after, name="truncate")


class BreakLayer(Layer):
    """Breaks for good once a direction has passed its number of bytes: every call raises then.

    Args:
        lower: The channel below, owned from now on.
        read: How many bytes can be read before it breaks; None for no limit.
        write: How many bytes can be written before it breaks; None for no limit.
    """

    __slots__ = ("_read_left", "_write_left")

    def __init__(self, lower: Channel, read: int | None = None, write: int | None = None) -> None:
        super().__init__(lower, "break")
        self._read_left = read
        self._write_left = write

    def _check(self, left: int | None) -> None:
        if left == 0:
            self._read_left = self._write_left = 0
            message = f"{self.name} of {self._lower.name} failed: it is a fault layer, and was told to"
            raise ChannelBrokenError(message)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        left = self._read_left
        self._check(left)
        got = self._lower.try_readv(views if left is None else clip(views, left), None, flags & _RELAXED)
        if left is not None and not isinstance(got, Blocked):
            self._read_left = left - got
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        left = self._write_left
        self._check(left)
        put = self._lower.try_writev(views if left is None else clip(views, left))
        if left is not None and not isinstance(put, Blocked):
            self._write_left = left - put
        return put

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if self._read_left == 0 and _IN in condition:
            return _IN
        if self._write_left == 0 and _OUT in condition:
            return _OUT
        return self._lower.ready(condition)


def dribble(channel: Channel) -> DribbleLayer:
    """Put a `DribbleLayer` on *channel*."""
    return DribbleLayer(channel)


def stutter(channel: Channel, *, seed: Count | None = None) -> StutterLayer:
    """Put a `StutterLayer` on *channel*; ``stutter.seed`` in an address."""
    return StutterLayer(channel, None if seed is None else as_count("stutter.seed", seed))


def truncate(channel: Channel, *, after: Count) -> TruncateLayer:
    """Put a `TruncateLayer` on *channel*; ``truncate.after`` in an address."""
    return TruncateLayer(channel, as_count("truncate.after", after))


def break_after(channel: Channel, *, read: Count | None = None, write: Count | None = None) -> BreakLayer:
    """Put a `BreakLayer` on *channel*; ``break.read`` and ``break.write`` in an address."""
    return BreakLayer(
        channel,
        None if read is None else as_count("break.read", read),
        None if write is None else as_count("break.write", write),
    )
