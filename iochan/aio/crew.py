"""Jobs that run beside each other, on asyncio or trio: started, waited for, cancelled together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from iochan.aio.driver import in_trio

__all__ = ["Crew", "Job", "open_crew"]

Job = Callable[[], Awaitable[None]]
"""What a crew runs. It catches its own errors: what it lets through ends the whole crew."""


class Crew(Protocol):
    """Some jobs."""

    def start(self, job: Job) -> Callable[[], object]:
        """Run *job* from the next turn on, and return what cancels it alone."""

    def cancel(self) -> None:
        """Cancel all jobs."""

    async def settle(self, seconds: float | None) -> bool:
        """Wait until no job runs; False if some still do after *seconds* (None: wait for ever)."""


def open_crew() -> AbstractAsyncContextManager[Crew]:
    """Return a crew for the running loop; leaving its ``async with`` cancels what still runs."""
    if in_trio():
        from iochan.aio.triocrew import open_trio_crew  # noqa: PLC0415 - trio is optional

        return open_trio_crew()
    return _open_asyncio_crew()


class _AsyncioCrew:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Future[None]] = set()

    def start(self, job: Job) -> Callable[[], object]:
        task = asyncio.ensure_future(job())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task.cancel

    def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def settle(self, seconds: float | None) -> bool:
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=seconds)
        return not self._tasks


@asynccontextmanager
async def _open_asyncio_crew() -> AsyncIterator[Crew]:
    crew = _AsyncioCrew()
    try:
        yield crew
    finally:
        crew.cancel()
        await crew.settle(None)
