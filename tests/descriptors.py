"""Counting this process's descriptors."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["no_descriptor_is_left"]


@contextmanager
def no_descriptor_is_left() -> Iterator[None]:
    """Fail if more descriptors are open after the block than before it."""
    gc.collect()
    before = _count()
    yield
    gc.collect()
    assert _count() <= before


def _count() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
