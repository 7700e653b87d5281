"""What can be waited for."""

from __future__ import annotations

import enum

__all__ = ["Condition", "Shutdown"]


class Condition(enum.Flag):
    """Conditions of a channel, as ``GIOCondition`` and ``poll(2)`` name them.

    A plain `enum.Flag`, not an `enum.IntFlag`: it must never pass for a count of bytes.
    """

    NONE = 0
    IN = 1
    """A read would not block: there are bytes, or the end of the stream."""
    OUT = 2
    """A write would not block."""
    HUP = 4
    """The peer hung up; bytes that came before may still be there."""
    ERR = 8
    """Something is in the error queue of the descriptor."""


class Shutdown(enum.Enum):
    """Which direction `Channel.shutdown` ends, as ``shutdown(2)``."""

    READ = "read"
    WRITE = "write"
    BOTH = "both"
