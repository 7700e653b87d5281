"""What goes wrong with consoles and their records, beyond what channels raise."""

from __future__ import annotations

from iochan.core.errors import AddressError, IochanError

__all__ = ["CastError", "ConfigError", "ExpectError"]


class CastError(IochanError, ValueError):
    """An asciicast is broken.

    Attributes:
        line: The number of the line, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


class ConfigError(AddressError):
    """A configuration file is wrong; the message names the line, or the key."""


class ExpectError(IochanError, EOFError):
    """A console ended before what was expected came.

    Attributes:
        seen: What had come instead, at most the last `iochan.chardev.expect.MAX_SEEN` bytes.
    """

    def __init__(self, message: str, seen: bytes) -> None:
        super().__init__(message)
        self.seen = seen
