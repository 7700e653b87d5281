"""The clock that every deadline is measured with."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["now", "set_source"]

_source: Callable[[], float] = time.monotonic


def now() -> float:
    """Return the time in seconds on a clock that never goes back; its zero means nothing."""
    return _source()


def set_source(source: Callable[[], float]) -> Callable[[], float]:
    """Let *source* give the time from now on, and return the one before (`iochan.testing` moves it)."""
    global _source
    before, _source = _source, source
    return before
