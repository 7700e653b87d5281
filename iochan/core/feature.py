"""What a channel can do beyond reading and writing bytes."""

from __future__ import annotations

import enum
from typing import Final

__all__ = ["Feature", "ReadFlag", "WriteFlag"]


class Feature(enum.Flag):
    """Abilities of a channel, after ``QIOChannelFeature``.

    Layers never hand up `FD_PASS`, `PEEK`, `ZERO_COPY` or `SEEK` of the channel below: bytes
    that a layer transforms have no place for a descriptor, and no offset.
    """

    NONE = 0
    FD_PASS = enum.auto()
    """Descriptors can travel with bytes (unix sockets)."""
    SHUTDOWN = enum.auto()
    """`Channel.shutdown` works, from any thread, and wakes who waits."""
    SEEK = enum.auto()
    """`Channel.preadv`, `Channel.pwritev` and `Channel.seek` work."""
    PEEK = enum.auto()
    """`Channel.peek` works."""
    ZERO_COPY = enum.auto()
    """`WriteFlag.ZERO_COPY` is accepted; `Channel.flush` waits for the kernel's completions."""
    HALF_CLOSE = enum.auto()
    """`Channel.write_eof` works: one direction can end alone. Where it cannot, an end of the stream
    is the end of both."""
    CONCURRENT = enum.auto()
    """One reader thread and one writer thread may use the channel at the same time."""


class ReadFlag:
    """Bits for the *flags* of reads. Plain integers: they are tested on every read."""

    PEEK: Final = 1
    """Leave the bytes where they are."""
    RELAXED_EOF: Final = 2
    """A cut stream reads as an end of the stream (0), not as `TruncatedError`."""
    MAY_SLEEP: Final = 4
    """The caller has nothing else to do: a leaf may sleep in the kernel instead of returning
    `Blocked`. A layer hands it down only while it owes nothing."""
    LAZY: Final = 8
    """After a short read, return `Blocked` without asking the kernel. Only for callers that wait
    for the condition before they try again without this flag."""


class WriteFlag:
    """Bits for the *flags* of writes. Plain integers: they are tested on every write."""

    ZERO_COPY: Final = 1
    """The kernel reads the buffers later: they must not change before `Channel.flush` returns."""
    MAY_SLEEP: Final = 4
    """As `ReadFlag.MAY_SLEEP`, for room to write."""
