"""A crew in a trio nursery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from iochan.aio.crew import Crew, Job

__all__ = ["open_trio_crew"]


class _TrioCrew:
    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._scopes: set[trio.CancelScope] = set()
        self._idle = trio.Event()
        self._idle.set()

    def start(self, job: Job) -> Callable[[], object]:
        scope = trio.CancelScope()
        if not self._scopes:
            self._idle = trio.Event()
        self._scopes.add(scope)
        self._nursery.start_soon(self._run, scope, job)
        return scope.cancel

    async def _run(self, scope: trio.CancelScope, job: Job) -> None:
        try:
            with scope:
                await job()
        finally:
            self._scopes.discard(scope)
            if not self._scopes:
                self._idle.set()

    def cancel(self) -> None:
        for scope in self._scopes:
            scope.cancel()

    async def settle(self, seconds: float | None) -> bool:
        with trio.move_on_after(float("inf") if seconds is None else seconds):
            await self._idle.wait()
        return not self._scopes


@asynccontextmanager
async def open_trio_crew() -> AsyncIterator[Crew]:
    """Return a crew; leaving its ``async with`` cancels what still runs."""
    async with trio.open_nursery() as nursery:
        crew = _TrioCrew(nursery)
        try:
            yield crew
        finally:
            crew.cancel()
