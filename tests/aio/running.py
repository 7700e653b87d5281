"""Running a body under each kind of event loop, and what such bodies call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from iochan.aio import arun
from iochan.channels.socket import SocketChannel
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.op import Op

Runner = Callable[[Callable[[], Awaitable[Any]]], Any]


def run_asyncio(main: Callable[[], Any]) -> Any:
    return asyncio.run(main())


def run_uvloop(main: Callable[[], Any]) -> Any:
    return pytest.importorskip("uvloop").run(main())


def run_trio(main: Callable[[], Any]) -> Any:
    return pytest.importorskip("trio").run(main)


RUNNERS = {"asyncio": run_asyncio, "uvloop": run_uvloop, "trio": run_trio}


Ends = tuple[SocketChannel, SocketChannel]


def fill(channel: Channel) -> int:
    """Write until nothing fits any more."""
    count = 0
    while not isinstance(put := channel.try_write(bytes(65536)), Blocked):
        count += put
    return count


async def sleep(seconds: float) -> None:
    """Sleep on the running loop through an operation."""

    def op() -> Op[None]:
        yield Blocked((), clock.now() + seconds)

    await arun(op())


async def both(*jobs: Any) -> list[Any]:
    """Run all *jobs* beside each other on the running loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio = pytest.importorskip("trio")
        results: list[Any] = [None] * len(jobs)

        async def one(index: int, job: Any) -> None:
            try:
                results[index] = await job
            except Exception as error:  # noqa: BLE001 - as gather
                results[index] = error

        async with trio.open_nursery() as nursery:
            for index, job in enumerate(jobs):
                nursery.start_soon(one, index, job)
        return results
    return await asyncio.gather(*jobs, return_exceptions=True)
