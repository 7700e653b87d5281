"""Running operations in ``async`` code."""

from __future__ import annotations

import asyncio
import sys
from typing import TypeVar

from iochan.aio.hub import hub_of
from iochan.aio.waiter import OpWaiter
from iochan.core.blocked import Blocked
from iochan.core.op import Op

__all__ = ["arun", "in_trio"]

T = TypeVar("T")


def in_trio() -> bool:
    """Tell whether trio runs the caller."""
    trio = sys.modules.get("trio")
    return trio is not None and bool(trio.lowlevel.in_trio_run())


async def arun(op: Op[T]) -> T:
    """Run *op* to its end, awaiting whenever it is blocked; under asyncio, uvloop or trio.

    Under asyncio the op is stepped inside the loop's readiness callback. A cancellation closes it.
    """
    if in_trio():
        from iochan.aio.triodriver import trio_run  # noqa: PLC0415 - trio is optional

        return await trio_run(op)
    try:
        blocked: Blocked = next(op)
    except StopIteration as stop:
        result: T = stop.value
        return result
    try:
        waiter = OpWaiter(hub_of(asyncio.get_running_loop()), op)
        waiter.blocked = blocked
        return await waiter
    finally:
        op.close()
