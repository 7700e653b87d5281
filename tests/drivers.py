"""Every way to run an operation, for tests that must hold under all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import trio

from iochan.aio.driver import arun
from iochan.core.op import Op, run
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task

__all__ = ["DRIVERS", "RunOp", "each_driver"]

RunOp = Callable[[Op[Any]], Any]


def _asyncio(op: Op[Any]) -> object:
    return asyncio.run(arun(op))


def _trio(op: Op[Any]) -> object:
    return trio.run(arun, op)


def _pollloop(op: Op[Any]) -> object:
    loop = PollLoop()
    task = Task(loop, op, lambda _: loop.stop())
    loop.run()
    return task.result()


DRIVERS: dict[str, RunOp] = {"blocking": run, "asyncio": _asyncio, "trio": _trio, "pollloop": _pollloop}

each_driver = pytest.mark.parametrize("run_op", DRIVERS.values(), ids=DRIVERS.keys())
"""Parametrises a test with ``run_op``."""
