"""What is kept of a console, as its options say, and what keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Records", "Tap"]


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


class Tap(Protocol):
    """What keeps a record of a console; it never fails and never waits."""

    @property
    def state(self) -> str:
        """What it keeps, where, and what went wrong, in words."""

    def output(self, data: bytes) -> None:
        """Keep what the device sent."""

    def input(self, data: bytes, who: str) -> None:
        """Keep what *who* sent to the device."""

    def resize(self, rows: int, columns: int) -> None:
        """Keep that the terminal has another size now."""

    def close(self) -> None:
        """Write what is left, and end the record."""
