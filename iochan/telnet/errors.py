"""What goes wrong on a telnet connection."""

from __future__ import annotations

from iochan.core.errors import LimitExceeded, RemoteProtocolError

__all__ = ["SubnegotiationTooLong", "TelnetError"]


class TelnetError(RemoteProtocolError):
    """The peer sent what telnet or one of its options forbids.

    Attributes:
        offset: Where the wrong command begins, in bytes from the start of the connection.
    """

    def __init__(self, offset: int, fact: str) -> None:
        super().__init__(f"wrong telnet command at offset {offset}: {fact}")
        self.offset = offset


class SubnegotiationTooLong(TelnetError, LimitExceeded):  # noqa: N818 - names the state
    """A sub-negotiation does not end before its limit."""
