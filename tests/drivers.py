"""The drivers that a test of an operation runs under, one after the other.

A test module takes them with ``from tests.drivers import DRIVERS`` and the mark
``@pytest.mark.parametrize("drive", DRIVERS)``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import trio
import uvloop

from iochan.aio.driver import arun
from iochan.core.op import Op, run
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task

__all__ = ["DRIVERS", "LIMIT"]

T = TypeVar("T")

LIMIT = 10.0
"""Seconds after which an operation of a test has failed."""


async def _awaited(op: Op[T]) -> T:
    return await arun(op)


def on_blocking(op: Op[T]) -> T:
    """Sleep in poll(2)."""
    return run(op, LIMIT)


def on_asyncio(op: Op[T]) -> T:
    """Await it on asyncio."""
    return asyncio.run(asyncio.wait_for(_awaited(op), LIMIT))


def on_uvloop(op: Op[T]) -> T:
    """Await it on uvloop."""
    return uvloop.run(asyncio.wait_for(_awaited(op), LIMIT))


def on_trio(op: Op[T]) -> T:
    """Await it on trio."""

    async def limited() -> T:
        with trio.fail_after(LIMIT):
            return await arun(op)

    return trio.run(limited)


def on_pollloop(op: Op[T]) -> T:
    """Run it as a task on our own loop."""
    loop = PollLoop()
    task = Task(loop, op, lambda _: loop.stop())
    loop.run()
    return task.result()


Drive = Callable[[Op[Any]], Any]

DRIVERS = [
    pytest.param(driver, id=driver.__name__.removeprefix("on_"))
    for driver in (on_blocking, on_asyncio, on_uvloop, on_trio, on_pollloop)
]
