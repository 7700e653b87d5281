"""A clock that a test moves, for everything that has a deadline."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from iochan.core import clock

__all__ = ["MovedClock"]


class MovedClock:
    """Stands still until it is moved, while its ``with`` block runs, for the whole process.

    Deadlines are looked at, not slept for: step an operation by hand, or give the loop a turn, after
    each `advance`. What really sleeps (``poll(2)`` with a timeout) sleeps by the true clock.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._before: Callable[[], float] | None = None

    def now(self) -> float:
        """Return the time on this clock, in seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock on by *seconds*.

        Raises:
            ValueError: They are negative: time never goes back.
        """
        if seconds < 0:
            message = f"a clock cannot go back by {-seconds:g} s"
            raise ValueError(message)
        self._now += seconds

    def __enter__(self) -> Self:
        self._before = clock.set_source(self.now)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            clock.set_source(self._before)
