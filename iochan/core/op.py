"""Operations: one body that any driver runs; and the driver that sleeps in ``poll(2)``."""

from __future__ import annotations

import math
import select
from collections.abc import Generator
from typing import TypeVar

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError, ChannelTimeout

__all__ = ["Op", "poll_mask", "poll_masks", "run", "wait", "within"]

T = TypeVar("T")
Op = Generator[Blocked, None, T]
"""A suspended piece of work: yields what it waits for, returns its result.

Dropping one (``op.close()``) cancels it. An operation cleans up with ``with`` and ``finally`` and
never yields there.
"""

_IN, _OUT = Condition.IN, Condition.OUT
_POLLIN, _POLLOUT = int(select.POLLIN), int(select.POLLOUT)


def poll_mask(condition: Condition) -> int:
    """Return the events of ``poll(2)`` that *condition* stands for; hang-up and error always come."""
    if condition is _IN:
        return _POLLIN
    if condition is _OUT:
        return _POLLOUT
    return (_POLLIN if _IN in condition else 0) | (_POLLOUT if _OUT in condition else 0)


def poll_masks(blocked: Blocked) -> dict[int, int]:
    """Return the events of ``poll(2)`` to wait for, by descriptor.

    Raises:
        ChannelClosedError: One of the descriptors is closed.
    """
    masks: dict[int, int] = {}
    for pollable, condition in blocked.waits:
        fd = pollable.fileno()
        if fd < 0:
            message = "the channel was closed while an operation waited on it"
            raise ChannelClosedError(message)
        masks[fd] = masks.get(fd, 0) | poll_mask(condition)
    return masks


def run(op: Op[T], timeout: float | None = None) -> T:
    """Run *op* to its end, sleeping in ``poll(2)`` whenever it is blocked.

    Args:
        op: The operation; it is closed whatever happens.
        timeout: Seconds for the whole operation; None waits for ever.

    Raises:
        ChannelTimeout: *timeout* passed first.
    """
    if timeout is not None:
        op = within(op, timeout)
    try:
        while True:
            wait(next(op))
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        op.close()


def within(op: Op[T], seconds: float, what: str = "the operation") -> Op[T]:
    """Return *op* with a deadline, which any driver then keeps.

    Raises:
        ChannelTimeout: *op* was still blocked after *seconds*; it is closed.
    """
    deadline = clock.now() + seconds
    try:
        while True:
            blocked = next(op)
            if clock.now() >= deadline:
                message = (
                    f"{what} did not end within {seconds:g} s: allow more time, or see why the peer is silent"
                )
                raise ChannelTimeout(message)
            yield blocked.by(deadline)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        op.close()


def wait(blocked: Blocked) -> None:
    """Sleep until it makes sense to try again, or *blocked*'s deadline has come.

    Raises:
        ChannelClosedError: A descriptor of *blocked* was closed meanwhile.
        RuntimeError: *blocked* names nothing to wait for, a defect of the channel that made it.
    """
    poll = select.poll()
    if len(blocked.waits) == 1 and (fd := blocked.waits[0][0].fileno()) >= 0:
        poll.register(fd, poll_mask(blocked.waits[0][1]))
    else:
        for fd, mask in poll_masks(blocked).items():
            poll.register(fd, mask)
    if blocked.deadline is None:
        if not blocked.waits:
            message = "blocked for ever: neither a descriptor nor a deadline to wait for"
            raise RuntimeError(message)
        poll.poll()
    else:
        left = blocked.deadline - clock.now()
        # Rounded up: waking a millisecond early would only mean one more turn.
        poll.poll(max(0, math.ceil(left * 1000)))
