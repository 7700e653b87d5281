"""Random bytes for keys, vectors and salts."""

from __future__ import annotations

import os

__all__ = ["random_bytes"]


def random_bytes(count: int) -> bytes:
    """Return *count* bytes of the system's generator (``getrandom(2)``); early in a boot it waits for seed.

    Raises:
        ValueError: *count* is negative.
    """
    return os.urandom(count)
