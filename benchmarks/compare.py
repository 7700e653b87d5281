"""Two ways to do one thing, interleaved in one process: the ratio of their times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

ROUNDS = 15
Work = Callable[[], object]


def seconds(work: Work) -> float:
    """Return how long one call of ``work`` takes, over some 5 ms of calls."""
    begun = time.perf_counter()
    work()
    count = max(1, int(0.005 / max(time.perf_counter() - begun, 1e-7)))
    begun = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - begun) / count


def compare(name: str, ours: Work, theirs: Work, least: float, rounds: int = ROUNDS) -> bool:
    """Print how many times as quick ``ours`` is, and whether that is at least ``least``."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    ratio = statistics.median(theirs_took / ours_took for ours_took, theirs_took in pairs)
    micros = statistics.median(ours_took for ours_took, _ in pairs) * 1e6
    verdict = "OK" if ratio >= least else "BELOW"
    print(f"{name:<52} {micros:10.2f} us {ratio:7.2f}  {verdict} (at least {least:.2f})")
    return ratio >= least
