"""The sending half of a WebSocket: frames out of what is written, and what the protocol owes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from iochan.core.buffers import Flat
from iochan.core.codec import BATCH, Codec
from iochan.core.errors import ChannelBrokenError, LocalProtocolError
from iochan.websocket.closecode import NO_STATUS, NORMAL, is_sendable
from iochan.websocket.header import BINARY, CLOSE, CONTINUATION, FIN, MAX_CONTROL, PING, PONG, pack_header
from iochan.websocket.masking import KeyPool, apply_mask

__all__ = ["SendingCodec"]

_SMALL: Final = 4096
"""Up to here copying payload behind its header is cheaper than sending two buffers."""

_WHOLE: Final = FIN | BINARY


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
        self._keys = None if server else KeyPool()
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
        header = pack_header(FIN | opcode, len(payload), masked=self._keys is not None)
        if self._keys is None:
            return header + payload
        key = self._keys.take()
        return header + key + apply_mask(payload, key)

    def _first_byte(self, size: int) -> int:
        """Return the first byte of the header of a frame with the next *size* bytes."""
        left = self._message_left
        if not left:
            return _WHOLE
        first, self._message_opcode = self._message_opcode, CONTINUATION
        self._message_left = left - size
        return first if left > size else FIN | first

    @override
    def seal(self, data: Flat, room: memoryview) -> int:
        size = len(data)
        if size > _SMALL or self._close_queued:
            return 0
        keys = self._keys
        first = self._first_byte(size) if self._message_left else _WHOLE
        if keys is None:
            header = pack_header(first, size, masked=False)
        else:
            key = keys.take()
            header = pack_header(first, size, masked=True) + key
            data = apply_mask(data, key)
        behind = len(header)
        room[:behind] = header
        room[behind : behind + size] = data
        return behind + size

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        self._refuse_closed()
        batch: list[Flat] = []
        size = 0
        for piece in pieces:
            batch.append(piece if len(piece) <= BATCH - size else memoryview(piece)[: BATCH - size])
            size += len(batch[-1])
            if size == BATCH:
                break
        if size <= _SMALL:
            return size, (room[: self.seal(batch[0] if len(batch) == 1 else b"".join(batch), room)],)
        first = self._first_byte(size)
        if self._keys is None:
            return size, (pack_header(first, size, masked=False), *batch)
        key = self._keys.take()
        payload = apply_mask(batch[0] if len(batch) == 1 else b"".join(batch), key)
        return size, (pack_header(first, size, masked=True) + key, payload)

    def _refuse_closed(self) -> None:
        if self._close_queued:
            message = "the WebSocket is closed: nothing can be sent on it, open another"
            raise ChannelBrokenError(message)
