"""Every driver as a function that runs one operation to its end."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Any

import pytest

from iochan.aio import arun
from iochan.core import clock
from iochan.core.op import Op, poll_masks, run
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task


def run_on_asyncio(op: Op[Any]) -> Any:
    return asyncio.run(arun(op))


def run_on_uvloop(op: Op[Any]) -> Any:
    return pytest.importorskip("uvloop").run(arun(op))


def run_on_trio(op: Op[Any]) -> Any:
    return pytest.importorskip("trio").run(arun, op)


def run_on_pollloop(op: Op[Any]) -> Any:
    loop = PollLoop()
    task = Task(loop, op)
    loop.run()
    return task.result()


def run_by_hand(op: Op[Any]) -> Any:
    """Step *op*, polling what it names, as a caller with a loop of its own would."""
    try:
        while True:
            blocked = next(op)
            poll = select.poll()
            for fd, mask in poll_masks(blocked).items():
                poll.register(fd, mask)
            poll.poll(None if blocked.deadline is None else max(0.0, blocked.deadline - clock.now()) * 1000)
    except StopIteration as stop:
        return stop.value


DRIVERS: dict[str, Callable[[Op[Any]], Any]] = {
    "blocking": run,
    "asyncio": run_on_asyncio,
    "uvloop": run_on_uvloop,
    "trio": run_on_trio,
    "pollloop": run_on_pollloop,
    "stepped": run_by_hand,
}
