"""Large buffers that are kept and lent: one for each read under way, not one for each channel.

A fresh large receive buffer costs more than the read itself; 256 KiB for every channel would cost
a server its memory. Nothing suspends between `borrow` and `give_back`, so a handful serve all.
"""

from __future__ import annotations

__all__ = ["SCRATCH_SIZE", "borrow", "give_back"]

SCRATCH_SIZE = 262144
"""Bytes in a buffer: what bulk transfers want; small reads touch only its first pages."""

_MOST_KEPT = 16

_kept: list[memoryview] = []


def borrow() -> memoryview:
    """Return a buffer of `SCRATCH_SIZE` bytes; its content means nothing."""
    try:
        return _kept.pop()
    except IndexError:
        return memoryview(bytearray(SCRATCH_SIZE))


def give_back(buffer: memoryview) -> None:
    """End the loan of *buffer*; no view of it may be used any more."""
    if len(_kept) < _MOST_KEPT:
        _kept.append(buffer)
