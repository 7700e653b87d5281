"""The sending half of a WebSocket: frames out of what is written, and what the protocol owes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from iochan.core.buffers import Flat, as_views, clip
from iochan.core.codec import BATCH, Codec
from iochan.core.errors import ChannelBrokenError, LocalProtocolError
from iochan.websocket.closecode import NO_STATUS, NORMAL, is_sendable
from iochan.websocket.header import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    MAX_CONTROL,
    PING,
    PONG,
    WHOLE,
    pack_header,
)
from iochan.websocket.masking import apply_mask, fresh_keys

__all__ = ["SendingCodec"]

_SMALL: Final = 4096
"""Up to here copying payload behind its header is cheaper than sending two buffers."""

_MANY: Final = 16
"""Frames of `BATCH` bytes that are offered at once."""

_FULL: Final = memoryview(pack_header(WHOLE, BATCH, masked=False))


class SendingCodec(Codec):
    """Makes frames.

    Args:
        server: Whether this is the server's side, which does not mask.
        output: What has to be sent before any frame.
        half_close: Whether a close frame ends our direction alone.
    """

    def __init__(self, output: bytes, *, server: bool, half_close: bool) -> None:
        super().__init__()
        self.half_close = half_close
        self._masks = not server
        self._keys: list[bytes] = []
        self._output = output
        self._ping: bytes | None = None
        self._pong: bytes | None = None
        self._close: bytes | None = None
        self._close_queued = False
        self._farewell = NORMAL.to_bytes(2, "big")
        self._message_left = 0
        self._message_opcode = BINARY
        self.has_output = bool(output)

    def set_close(self, code: int, reason: str) -> None:
        """Choose what `goodbye` will say.

        Raises:
            LocalProtocolError: *code* may not be sent, or *reason* is longer than 123 bytes of UTF-8.
        """
        words = reason.encode()
        if not is_sendable(code) or len(words) > MAX_CONTROL - 2:
            message = (
                f"close code {code} with a reason of {len(words)} bytes: "
                f"it must be a registered code or 3000 to 4999, and at most {MAX_CONTROL - 2} bytes"
            )
            raise LocalProtocolError(message)
        self._farewell = code.to_bytes(2, "big") + words

    def queue_ping(self, payload: bytes) -> None:
        """Owe a ping; a second one before it left takes its place.

        Raises:
            LocalProtocolError: *payload* is longer than 125 bytes.
        """
        if len(payload) > MAX_CONTROL:
            message = f"a ping of {len(payload)} bytes: it must have at most {MAX_CONTROL}"
            raise LocalProtocolError(message)
        if not self._close_queued:
            self._ping = payload
            self.has_output = True

    def queue_pong(self, payload: bytes) -> None:
        """Owe a pong. Only the latest is sent: however many pings come, one is owed (RFC 6455, 5.5.3)."""
        self._pong = payload
        self.has_output = True

    def queue_close(self, code: int) -> None:
        """Owe a close frame with *code*; nothing can be sent behind it."""
        self._queue_close(b"" if code == NO_STATUS else code.to_bytes(2, "big"))

    def _queue_close(self, payload: bytes) -> None:
        if not self._close_queued:
            self._close_queued = True
            self._close = payload
            self.has_output = True

    def begin_message(self, opcode: int, size: int) -> None:
        """Make one message of the next *size* bytes, in as many frames as they take.

        Raises:
            ChannelBrokenError: The WebSocket is closed.
            LocalProtocolError: The message before was not sent to its end.
        """
        self._refuse_closed()
        if self._message_left:
            message = f"a message was given up {self._message_left} bytes before its end: close the WebSocket"
            raise LocalProtocolError(message)
        self._message_left, self._message_opcode = size, opcode
        if not size:
            self._output += self._frame(opcode, b"")
            self.has_output = True

    @override
    def goodbye(self) -> None:
        self._queue_close(self._farewell)

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        out, self._output = self._output, b""
        if self._pong is not None:
            out += self._frame(PONG, self._pong)
            self._pong = None
        if self._ping is not None:
            out += self._frame(PING, self._ping)
            self._ping = None
        if self._close is not None:
            out += self._frame(CLOSE, self._close)
            self._close = None
        self.has_output = False
        return (out,)

    def _frame(self, opcode: int, payload: bytes) -> bytes:
        return self._sealed(FIN | opcode, payload)

    def _sealed(self, first: int, payload: Flat) -> bytes:
        """Return a frame that begins with the byte *first* in one piece."""
        if not self._masks:
            return pack_header(first, len(payload), masked=False) + payload
        key = self._take_key()
        return pack_header(first, len(payload), masked=True) + key + apply_mask(payload, key)

    def _take_key(self) -> bytes:
        """Return a masking key that was never used."""
        if not self._keys:
            self._keys = fresh_keys()
        return self._keys.pop()

    def _first_byte(self, size: int) -> int:
        """Return the first byte of the header of a frame with the next *size* bytes."""
        left = self._message_left
        if not left:
            return WHOLE
        first, self._message_opcode = self._message_opcode, CONTINUATION
        self._message_left = left - size
        return first if left > size else FIN | first

    @override
    def seal(self, data: Flat, room: memoryview) -> Flat:
        size = len(data)
        if size > _SMALL or self._close_queued:
            return b""
        return self._sealed(self._first_byte(size) if self._message_left else WHOLE, data)

    @override
    def offer(self, data: memoryview) -> Sequence[memoryview]:
        if self._masks or self._message_left or len(data) < BATCH or self._close_queued:
            return ()
        units: list[memoryview] = []
        for end in range(BATCH, min(len(data), _MANY * BATCH) + 1, BATCH):
            units += (_FULL, data[end - BATCH : end])
        return units

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        if self._close_queued:
            self._refuse_closed()
        data, size = pieces[0], len(pieces[0])
        if len(pieces) > 1 or size > BATCH:
            pieces = clip(as_views(pieces), BATCH)
            size = sum(map(len, pieces))
            data = pieces[0]
            if len(pieces) > 1 and (self._masks or size <= _SMALL):
                data = b"".join(pieces)
        first = self._first_byte(size) if self._message_left else WHOLE
        if size <= _SMALL:
            return size, (self._sealed(first, data),)
        if not self._masks:
            return size, (pack_header(first, size, masked=False), *pieces)
        key = self._take_key()
        return size, (pack_header(first, size, masked=True) + key, apply_mask(data, key))

    def _refuse_closed(self) -> None:
        if self._close_queued:
            message = "the WebSocket is closed: nothing can be sent on it, open another"
            raise ChannelBrokenError(message)
