"""WebSocket over any channel."""

from __future__ import annotations

from typing_extensions import override

from iochan.core.attribute import Attributes
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import ServedInstead
from iochan.core.op import Op
from iochan.websocket.codec import WebSocketCodec
from iochan.websocket.facts import WS_CLOSE_CODE, WS_CLOSE_REASON, WS_ORIGIN, WS_PATH, WS_PROTOCOL
from iochan.websocket.page import PageAsked, send_page_op

__all__ = ["WebSocketLayer"]


class WebSocketLayer(CodecLayer):
    """One WebSocket on *lower*, as a stream of bytes in binary frames.

    Closing sends a close frame with code 1000 and does not wait for the peer's. A peer's close with
    1000, 1001 or no code is the end of the stream; another code is `WebSocketClosedError`; an end
    without a close is `TruncatedError`. Text frames, extensions and compression are refused.

    Attributes:
        frames: The codec.
    """

    __slots__ = ("frames",)

    def __init__(self, lower: Channel, codec: WebSocketCodec) -> None:
        super().__init__(lower, codec, "websocket")
        self.frames = codec

    def set_close(self, code: int, reason: str = "") -> None:
        """Choose what the close frame will say, instead of 1000 and no words.

        Raises:
            LocalProtocolError: *code* may not be sent, or *reason* is longer than 123 bytes of UTF-8.
        """
        self.frames.set_close(code, reason)

    @override
    def establish_op(self) -> Op[None]:
        try:
            yield from super().establish_op()
        except PageAsked as asked:
            try:
                yield from send_page_op(self._lower, asked.page)
            finally:
                asked.page.close()
            raise ServedInstead(str(asked)) from None

    @override
    def attributes(self) -> Attributes:
        codec = self.frames
        return {
            WS_PATH: lambda: codec.opening.path,
            WS_ORIGIN: lambda: codec.opening.origin,
            WS_PROTOCOL: lambda: codec.opening.protocol,
            WS_CLOSE_CODE: lambda: codec.close_code,
            WS_CLOSE_REASON: lambda: codec.close_reason,
        }
