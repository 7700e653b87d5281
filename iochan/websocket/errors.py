"""What goes wrong on a WebSocket."""

from __future__ import annotations

from iochan.core.errors import RemoteProtocolError, TruncatedError, show_text

__all__ = ["FrameError", "WebSocketClosedError"]


class FrameError(RemoteProtocolError):
    """The peer sent what RFC 6455 forbids, or what this side refuses.

    Attributes:
        code: The close code that the peer was told.
        offset: Where the wrong frame begins, in bytes behind the opening handshake.
    """

    def __init__(self, code: int, offset: int, fact: str) -> None:
        super().__init__(f"wrong WebSocket frame at offset {offset}: {fact} (closed with {code})")
        self.code = code
        self.offset = offset


class WebSocketClosedError(TruncatedError):
    """The peer closed with a code that tells of a failure: what came may not be all.

    Attributes:
        code: The peer's close code.
        reason: The peer's words, as they came.
    """

    def __init__(self, code: int, reason: str) -> None:
        words = f" {show_text(reason)}" if reason else ""
        super().__init__(f"the peer closed the WebSocket with {code}{words}: what came may be cut")
        self.code = code
        self.reason = reason
