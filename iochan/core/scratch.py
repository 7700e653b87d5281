"""Large buffers that are kept and lent: one for each read under way, not one for each channel.

A fresh large receive buffer costs more than the read itself; 256 KiB for every channel would cost
a server its memory. A loan ends before anything suspends, so there are never more buffers than
threads that read or write at the same time, times the codec layers of their stacks.
"""

from __future__ import annotations

__all__ = ["KEPT", "SCRATCH_SIZE", "borrow", "give_back"]

SCRATCH_SIZE = 262144
"""Bytes in a buffer: what bulk transfers want; small reads touch only its first pages."""

KEPT: list[memoryview] = []
"""The buffers that nobody has borrowed. The pump of `CodecLayer` takes them by hand: two calls
fewer for each read."""


def borrow() -> memoryview:
    """Return a buffer of `SCRATCH_SIZE` bytes; its content means nothing."""
    try:
        return KEPT.pop()
    except IndexError:
        return memoryview(bytearray(SCRATCH_SIZE))


def give_back(buffer: memoryview) -> None:
    """End the loan of *buffer*; no view of it may be used any more."""
    KEPT.append(buffer)
