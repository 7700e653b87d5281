"""The one stop-watch of a sample: it leaves out the warm-up and bounds the rest."""

from __future__ import annotations

import math
from itertools import repeat
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks import proc

if TYPE_CHECKING:
    from collections.abc import Generator

SMALL_BATCH = 64
LARGE_BATCH = 4
LARGE_MESSAGE = 64 * 1024


class Clock:
    """Counts what is done after the warm-up.

    The side that decides how long to work iterates over :meth:`laps`; the side that only receives
    calls :meth:`add`. One sample uses one of them.

    Attributes:
        count: laps, or what was given to ``add``, inside the window.
        seconds: the window's length; 0 until something was measured.
        cpu_ns: processor time that the watched process used in the window (``laps`` only).
    """

    __slots__ = ("_batch", "_length", "_start", "_warmup", "_watch", "count", "cpu_ns", "seconds")

    def __init__(self, *, warmup: float, length: float, size: int, watch: int = 0) -> None:
        """``watch`` is the process whose CPU time counts; 0: none. ``size`` sets how often to look."""
        self.count = 0
        self.seconds = 0.0
        self.cpu_ns = 0
        self._warmup = warmup
        self._length = length
        self._watch = watch
        self._batch = LARGE_BATCH if size >= LARGE_MESSAGE else SMALL_BATCH
        self._start = math.inf

    def laps(self) -> Generator[None, None, None]:
        """Yield once for each message to send: through the warm-up, then until the time is over.

        The time is looked at once in a batch, so that a lap costs one step of a generator.
        """
        end = perf_counter() + self._warmup
        while perf_counter() < end:
            yield from repeat(None, self._batch)
        cpu = self._watched_cpu()
        start = now = perf_counter()
        end = start + self._length
        while now < end:
            yield from repeat(None, self._batch)
            self.count += self._batch
            now = perf_counter()
        self.seconds = now - start
        self.cpu_ns = self._watched_cpu() - cpu

    def add(self, amount: int) -> None:
        """Count ``amount``; the window opens a warm-up after the first call and ends with the last."""
        now = perf_counter()
        if now >= self._start:
            self.count += amount
            self.seconds = now - self._start
        elif self._start == math.inf:
            self._start = now + self._warmup

    @property
    def complete(self) -> bool:
        """Whether enough was measured for the sample to count."""
        return self.seconds >= self._length / 2

    def _watched_cpu(self) -> int:
        return proc.cpu_ns(self._watch) if self._watch else 0
