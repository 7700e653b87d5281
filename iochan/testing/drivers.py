"""Every way to run operations side by side, behind one call: for tests that must hold in all of them."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

from iochan.aio import arun
from iochan.core.blocked import Blocked
from iochan.core.op import Op, poll_masks, run, within
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task

__all__ = ["DRIVERS", "Driver"]

Driver = Callable[..., list[Any]]
"""``driver(*ops, seconds=…)`` runs the operations side by side and returns their results in order.

The first error is raised once all have ended; an operation that is still blocked after *seconds*
ends with `ChannelTimeout`.
"""

_SECONDS = 20.0


def _limited(ops: Sequence[Op[Any]], seconds: float) -> list[Op[Any]]:
    return [within(op, seconds, f"operation {number} of the test") for number, op in enumerate(ops, 1)]


def blocking(*ops: Op[Any], seconds: float = _SECONDS) -> list[Any]:
    """Run each operation in a thread of its own, sleeping in ``poll(2)``."""
    with ThreadPoolExecutor(max_workers=len(ops)) as pool:
        futures = [pool.submit(run, op) for op in _limited(ops, seconds)]
    return [future.result() for future in futures]


def in_asyncio(*ops: Op[Any], seconds: float = _SECONDS) -> list[Any]:
    """Run the operations as tasks of asyncio."""
    return asyncio.run(_gather(_limited(ops, seconds)))


def in_uvloop(*ops: Op[Any], seconds: float = _SECONDS) -> list[Any]:
    """Run the operations as tasks of asyncio on uvloop."""
    import uvloop

    result: list[Any] = uvloop.run(_gather(_limited(ops, seconds)))
    return result


async def _gather(ops: list[Op[Any]]) -> list[Any]:
    results = await asyncio.gather(*map(arun, ops), return_exceptions=True)
    return _raise_first(results)


def _raise_first(results: list[Any]) -> list[Any]:
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def in_trio(*ops: Op[Any], seconds: float = _SECONDS) -> list[Any]:
    """Run the operations as tasks of trio."""
    import trio

    results: list[Any] = [None] * len(ops)

    async def one(index: int, op: Op[Any]) -> None:
        try:
            results[index] = await arun(op)
        except Exception as error:  # noqa: BLE001 - raised below, once all have ended
            results[index] = error

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for index, op in enumerate(_limited(ops, seconds)):
                nursery.start_soon(one, index, op)

    trio.run(main)
    return _raise_first(results)


def on_pollloop(*ops: Op[Any], seconds: float = _SECONDS) -> list[Any]:
    """Run the operations as `Task` objects on one `PollLoop`."""
    loop = PollLoop()
    tasks = [Task(loop, op) for op in _limited(ops, seconds)]
    loop.run()
    return [task.result() for task in tasks]


def stepped(*ops: Op[Any], seconds: float = _SECONDS) -> list[Any]:
    """Step the operations by hand, in turn, with one ``poll(2)`` for what all wait for."""
    results: list[Any] = [None] * len(ops)
    waiting: dict[int, tuple[Op[Any], Blocked | None]] = {
        index: (op, None) for index, op in enumerate(_limited(ops, seconds))
    }
    while waiting:
        for index, (op, _) in tuple(waiting.items()):
            try:
                waiting[index] = (op, next(op))
            except StopIteration as stop:
                results[index] = stop.value
                del waiting[index]
            except Exception as error:  # noqa: BLE001 - raised below, once all have ended
                results[index] = error
                del waiting[index]
        _poll_briefly([blocked for _, blocked in waiting.values() if blocked is not None])
    return _raise_first(results)


def _poll_briefly(waits: list[Blocked]) -> None:
    """Wait for any of *waits*, or a moment: a closed descriptor must not keep the others asleep."""
    poll = select.poll()
    for blocked in waits:
        for fd, mask in poll_masks(blocked).items():
            poll.register(fd, mask)
    if waits:
        poll.poll(5)


DRIVERS: dict[str, Driver] = {
    "blocking": blocking,
    "asyncio": in_asyncio,
    "pollloop": on_pollloop,
    "stepped": stepped,
}
"""The drivers of this installation, by name: uvloop and trio only where they are installed."""

if find_spec("uvloop") is not None:
    DRIVERS["uvloop"] = in_uvloop
if find_spec("trio") is not None:
    DRIVERS["trio"] = in_trio
