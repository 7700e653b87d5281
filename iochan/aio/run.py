"""Running an async function from blocking code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from typing_extensions import ParamSpec

__all__ = ["run_async"]

P = ParamSpec("P")
T = TypeVar("T")


def run_async(function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``function(...)`` on a new loop of asyncio and return its result."""

    async def main() -> T:
        return await function(*args, **kwargs)

    return asyncio.run(main())
