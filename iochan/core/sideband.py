"""What passes beside the bytes of a console's line: breaks, the size of a window, a serial port's settings.

A channel that can say it, or that hears of it, lists these among its `attributes`, so that who serves a
console needs to know of no protocol: ``channel.extra(SEND_BREAK, None)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from iochan.core.attribute import Attribute
from iochan.core.op import Op

__all__ = [
    "FOLLOW_LINE",
    "RESTORE_LINE",
    "SEND_BREAK",
    "SERIAL_LINE",
    "SET_WINDOW_SIZE",
    "TELL_LINE",
    "WATCH_PEER",
    "LineSource",
    "PeerWatcher",
]

LineSource = Callable[[], tuple[Any, bool]]
"""Returns the line that is meant now, as `SERIAL_LINE` gives it, or None; and whether it may be set."""


class PeerWatcher(Protocol):
    """Is told by whoever reads the channel; it does not wait, and neither reads nor raises."""

    def peer_break(self) -> None:
        """Hear that the peer sent a break."""

    def peer_window(self, rows: int, columns: int) -> None:
        """Hear that the peer's window has this size now."""

    def peer_hold(self, *, on: bool) -> None:
        """Hear that the peer wants no more bytes for now, or wants them again (RFC 2217, flow control)."""


SEND_BREAK: Final = Attribute[Callable[[], Op[None]]]("break")
"""Returns the operation that sends a break to the peer, behind all that was written."""

SET_WINDOW_SIZE: Final = Attribute[Callable[[int, int], None]]("window size")
"""Tells the peer how many rows and columns the terminal of its user has; it does not wait."""

WATCH_PEER: Final = Attribute[Callable[[PeerWatcher], None]]("watch of the peer")
"""Has a `PeerWatcher` told of what the peer says beside the bytes, from now on."""

SERIAL_LINE: Final = Attribute[Any]("serial line")
"""The open port below, as pyserial's ``serial.Serial``; its bytes are the channel's."""

RESTORE_LINE: Final = Attribute[Callable[[Any], None]]("restoring of the serial line")
"""Sets the port below as another was, a `SERIAL_LINE` that may be closed; what it will not have is logged."""

FOLLOW_LINE: Final = Attribute[Callable[[LineSource], None]]("followed serial line")
"""Has what the peer sets and asks of a port (RFC 2217) go to what the `LineSource` says, from now on."""

TELL_LINE: Final = Attribute[Callable[[], None]]("change of the serial line")
"""Tells the peer which wires of the line that it follows have changed, if any; it does not wait."""
