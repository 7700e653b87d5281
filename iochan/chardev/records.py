"""What is kept of a console, as its options say."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Records"]


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a console.

    Attributes:
        logfile: The path of a log; empty for none.
        append: Whether a log that is there goes on; otherwise it is made anew.
        timestamp: Whether the log has a time before each line, and tells the directions apart.
        rotate: Bytes after which the log is moved away, at the end of a line; 0 for never.
        keep: How many logs that were moved away are kept.
        cast: The path of an asciicast; empty for none. One that is there is replaced.
        cast_version: 2 or 3.
        typed: Whether what clients type is kept too, in logs with times only. It may hold passwords.
    """

    logfile: str = ""
    append: bool = False
    timestamp: bool = False
    rotate: int = 0
    keep: int = 5
    cast: str = ""
    cast_version: int = 2
    typed: bool = False
