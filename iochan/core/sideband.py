"""What passes beside the bytes of a console's line: breaks, and the size of a window.

A channel that can say it, or that hears of it, lists these among its `attributes`, so that who serves a
console needs to know of no protocol: ``channel.extra(SEND_BREAK, None)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from iochan.core.attribute import Attribute
from iochan.core.op import Op

__all__ = ["SEND_BREAK", "SET_WINDOW_SIZE", "WATCH_PEER", "PeerWatcher"]


class PeerWatcher(Protocol):
    """Is told by whoever reads the channel; it does not wait, and neither reads nor raises."""

    def peer_break(self) -> None:
        """Hear that the peer sent a break."""

    def peer_window(self, rows: int, columns: int) -> None:
        """Hear that the peer's window has this size now."""


SEND_BREAK: Final = Attribute[Callable[[], Op[None]]]("break")
"""Returns the operation that sends a break to the peer, behind all that was written."""

SET_WINDOW_SIZE: Final = Attribute[Callable[[int, int], None]]("window size")
"""Tells the peer how many rows and columns the terminal of its user has; it does not wait."""

WATCH_PEER: Final = Attribute[Callable[[PeerWatcher], None]]("watch of the peer")
"""Has a `PeerWatcher` told of what the peer says beside the bytes, from now on."""
