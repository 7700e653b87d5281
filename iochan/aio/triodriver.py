"""Running operations under trio."""

from __future__ import annotations

import contextlib
from typing import TypeVar

import trio

from iochan.core import clock
from iochan.core.blocked import Blocked, Pollable
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError
from iochan.core.op import Op

__all__ = ["trio_run", "trio_wait"]

T = TypeVar("T")

_waiting: trio.lowlevel.RunVar[dict[tuple[int, Condition], trio.Event]] = trio.lowlevel.RunVar("iochan waits")
"""Which descriptor is waited for: trio lets one task wait, the others wait for the event of that one."""


async def trio_run(op: Op[T]) -> T:
    """Run *op* to its end. Always a checkpoint, after which nothing can be cancelled that was done."""
    waited = False
    try:
        await trio.lowlevel.checkpoint_if_cancelled()
        while True:
            await trio_wait(next(op))
            waited = True
    except StopIteration as stop:
        if not waited:
            await trio.lowlevel.cancel_shielded_checkpoint()
        result: T = stop.value
        return result
    finally:
        op.close()


async def trio_wait(blocked: Blocked) -> None:
    """Wait until one of the conditions of *blocked* holds, or its deadline has come.

    Raises:
        ChannelClosedError: What it waits for is closed, or was closed meanwhile.
    """
    waits = [
        (pollable, direction)
        for pollable, condition in blocked.waits
        for direction in (Condition.IN, Condition.OUT)
        if direction in condition or (direction is Condition.IN and Condition.OUT not in condition)
    ]
    if blocked.deadline is None and len(waits) == 1:
        await _wait_one(*waits[0])
        return
    left = float("inf") if blocked.deadline is None else max(0.0, blocked.deadline - clock.now())
    with trio.move_on_after(left):
        if len(waits) == 1:
            await _wait_one(*waits[0])
        elif waits:
            await _wait_any(waits)
        elif blocked.deadline is not None:
            await trio.sleep_forever()
        else:
            message = "blocked for ever: neither a descriptor nor a deadline to wait for"
            raise RuntimeError(message)


async def _wait_any(waits: list[tuple[Pollable, Condition]]) -> None:
    closed: ChannelClosedError | None = None
    async with trio.open_nursery() as nursery:

        async def wait(pollable: Pollable, direction: Condition) -> None:
            nonlocal closed
            try:
                await _wait_one(pollable, direction)
            except ChannelClosedError as error:
                # Raised outside the nursery, which would wrap it in a group.
                closed = error
            nursery.cancel_scope.cancel()

        for pollable, direction in waits:
            nursery.start_soon(wait, pollable, direction)
    if closed is not None:
        raise closed


async def _wait_one(pollable: Pollable, direction: Condition) -> None:
    fd = pollable.fileno()
    if fd < 0:
        raise _closed()
    try:
        waiting = _waiting.get()
    except LookupError:
        waiting = {}
        _waiting.set(waiting)
    key = (fd, direction)
    event = waiting.get(key)
    if event is not None:
        # Woken when that task is, or has been cancelled: too early at worst.
        await event.wait()
        return
    event = waiting[key] = trio.Event()
    pollable.on_close(_notify)
    try:
        if direction is Condition.OUT:
            await trio.lowlevel.wait_writable(fd)
        else:
            await trio.lowlevel.wait_readable(fd)
    except trio.ClosedResourceError:
        raise _closed() from None
    finally:
        if waiting.get(key) is event:
            del waiting[key]
        event.set()


def _closed() -> ChannelClosedError:
    return ChannelClosedError("the channel was closed while an operation waited on it")


def _notify(pollable: Pollable) -> None:
    if trio.lowlevel.in_trio_run():
        fd = pollable.fileno()
        trio.lowlevel.notify_closing(fd)
        # The number may be another channel's before the woken tasks run.
        with contextlib.suppress(LookupError):
            for direction in (Condition.IN, Condition.OUT):
                _waiting.get().pop((fd, direction), None)
