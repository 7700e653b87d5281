"""What the layers of this package raise beyond the common errors."""

from __future__ import annotations

from iochan.core.errors import ChannelError, LocalProtocolError

__all__ = ["ReplayMismatch", "TapeError"]


class TapeError(ChannelError, ValueError):
    """The bytes of a tape are no tape, or cannot be used for what was asked.

    Attributes:
        offset: Where in the tape, in bytes from its start.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"tape at offset {offset}: {message}")
        self.offset = offset


class ReplayMismatch(LocalProtocolError):  # noqa: N818 - names the finding
    """What was written to a replay is not what the tape has.

    Attributes:
        offset: Where in the stream that was written, in bytes from its start.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset
