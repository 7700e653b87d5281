"""Running operations under trio."""

from __future__ import annotations

from typing import TypeVar

import trio

from iochan.core import clock
from iochan.core.blocked import Blocked, Pollable
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError
from iochan.core.op import Op

__all__ = ["trio_run", "trio_wait"]

T = TypeVar("T")


async def trio_run(op: Op[T]) -> T:
    """Run *op* to its end; every turn that waits is a checkpoint, and so is one that never does."""
    try:
        blocked = next(op)
        while True:
            await trio_wait(blocked)
            blocked = next(op)
    except StopIteration as stop:
        await trio.lowlevel.cancel_shielded_checkpoint()
        result: T = stop.value
        return result
    finally:
        op.close()


async def trio_wait(blocked: Blocked) -> None:
    """Wait until one of the conditions of *blocked* holds, or its deadline has come."""
    left = float("inf") if blocked.deadline is None else max(0.0, blocked.deadline - clock.now())
    with trio.move_on_after(left):
        waits = [
            (pollable, one)
            for pollable, condition in blocked.waits
            for one in (Condition.IN, Condition.OUT)
            if one in condition or (one is Condition.IN and Condition.OUT not in condition)
        ]
        if len(waits) == 1:
            await _wait_one(*waits[0])
        elif not waits:
            await trio.sleep_forever()
        else:
            await _wait_any(waits)


async def _wait_any(waits: list[tuple[Pollable, Condition]]) -> None:
    async with trio.open_nursery() as nursery:

        async def wait(pollable: Pollable, condition: Condition) -> None:
            await _wait_one(pollable, condition)
            nursery.cancel_scope.cancel()

        for pollable, condition in waits:
            nursery.start_soon(wait, pollable, condition)


async def _wait_one(pollable: Pollable, condition: Condition) -> None:
    fd = pollable.fileno()
    if fd < 0:
        message = "the channel was closed while an operation waited on it"
        raise ChannelClosedError(message)
    pollable.on_close(_notify)
    try:
        if condition is Condition.OUT:
            await trio.lowlevel.wait_writable(fd)
        else:
            await trio.lowlevel.wait_readable(fd)
    except trio.ClosedResourceError:
        message = "the channel was closed while an operation waited on it"
        raise ChannelClosedError(message) from None


def _notify(pollable: Pollable) -> None:
    if trio.lowlevel.in_trio_run():
        trio.lowlevel.notify_closing(pollable.fileno())
