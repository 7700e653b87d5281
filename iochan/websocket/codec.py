"""The WebSocket codec: a stream of bytes in binary frames, with its opening handshake before them.

Payload is unmasked straight into the reader's buffer as it comes, so that the peer's frame sizes cost
no memory, and the boundaries of frames mean nothing.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import Final

from typing_extensions import override

from iochan.core.buffers import NO_ROOM, Flat, Room
from iochan.core.codec import STARVED
from iochan.core.errors import TruncatedError
from iochan.websocket.closecode import (
    BAD_DATA,
    GOING_AWAY,
    NO_STATUS,
    NORMAL,
    PROTOCOL_ERROR,
    TOO_BIG,
    is_sendable,
)
from iochan.websocket.errors import FrameError, WebSocketClosedError
from iochan.websocket.header import (
    CLOSE,
    FIN,
    MAX_HEAD,
    PING,
    TEXT,
    WHOLE,
    find_fault,
    find_length_fault,
)
from iochan.websocket.masking import apply_mask
from iochan.websocket.opening import Opening
from iochan.websocket.sending import SendingCodec

__all__ = ["MESSAGE_END", "WebSocketCodec"]

_SHORTEST: Final = 4
"""Bytes that are looked at at least to tell a whole message."""

MESSAGE_END: Final = -2
"""What `WebSocketCodec.decode_into` returns behind a message, once asked to `take_messages`."""

_ORDERLY: Final = frozenset({NORMAL, GOING_AWAY, NO_STATUS})
_Utf8 = getincrementaldecoder("utf-8")


class WebSocketCodec(SendingCodec):
    """One side of a WebSocket.

    A peer's close is answered at once, and with that our direction has ended too (RFC 6455, 5.5.1);
    with *half_close* our own close waits until we have sent all.

    Args:
        opening: The handshake to do before.
        server: Whether this is the server's side, whose peer masks.
        text: Whether text messages are taken as bytes; else they are refused.
        half_close: Whether a close frame ends one direction alone.

    Attributes:
        opening: The handshake, for what it learned.
        close_code: The peer's close code; None until it closed.
        close_reason: The peer's words.
        is_text: Whether the latest message is text.
        going_on: Whether more fragments of it have to come.
    """

    def __init__(
        self, opening: Opening, *, server: bool, text: bool = False, half_close: bool = False
    ) -> None:
        super().__init__(opening.reply, server=server, half_close=half_close)
        self.opening = opening
        self.close_code: int | None = None
        self.close_reason = ""
        self._server = server
        self._text = text
        self._open = False
        self._kept = memoryview(b"")
        self._next = 0
        self._base = 0
        self._began = 0
        self._head = b""
        self._left = 0
        self._mask = b""
        self._final = True
        self.going_on = False
        self._utf8 = _Utf8()
        self.is_text = False
        self._error: FrameError | None = None
        self._cut = False
        self._max_message: int | None = None
        self._message_size = 0
        self._message_over = False

    @property
    def heard(self) -> int:
        """How many bytes of the peer's were looked at, to tell whether it is alive."""
        return self._base

    def take_messages(self, limit: int) -> None:
        """Tell the ends of messages from now on: `decode_into` returns `MESSAGE_END` behind each.

        Args:
            limit: The largest message that is taken, in bytes; a larger one is refused with 1009.
        """
        self._max_message = limit
        self._text = True

    @override
    def step(self) -> bool:
        return self._open

    @override
    def receive(self, wire: memoryview) -> None:
        if self._open:
            self._cut = not wire
            self._keep(bytes(wire))
            return
        try:
            rest = self.opening.receive(wire)
        finally:
            if self._server:
                self._output = self.opening.reply
                self.has_output = bool(self._output)
        if rest is not None:
            self._open = True
            self._keep(rest)

    def _keep(self, wire: bytes) -> None:
        """Keep *wire* for `decode_into`, and take at once what stands before its first payload."""
        self._kept = memoryview(wire)
        self._decode(self._kept, 0, len(wire), NO_ROOM)

    @override
    def receive_into(self, wire: memoryview, size: int, view: Room, relaxed_eof: bool) -> int:
        if not size:
            self._cut = True
            return self._verdict(relaxed_eof)
        if size >= _SHORTEST and wire[0] == WHOLE and not (self._left or self._head or self.going_on):
            put = self._take_whole(wire, size, view)
            if put:
                return put
        put = self._decode(wire, 0, size, view)
        if self._next < size:
            self._kept = memoryview(bytes(wire[self._next : size]))
        self._next = 0
        return put or self._verdict(relaxed_eof)

    def _take_whole(self, wire: memoryview, size: int, view: Room) -> int:
        """Do the commonest case at once: *wire* is one message; 0 if it is anything else.

        All that is wrong is left to the careful way.
        """
        server = self._server
        length = wire[1] - 0x80 if server else wire[1]
        behind = 2
        if length > 125:
            if length == 126:
                behind = 4
                length, shortest = wire[2] << 8 | wire[3], 126
            else:
                behind = 10
                length, shortest = int.from_bytes(wire[2:10], "big"), 65536
            if length < shortest:
                return 0
        start = behind + 4 if server else behind
        if start + length != size or not 0 < length <= len(view):
            return 0
        if self._max_message is not None:
            if length > self._max_message:
                return 0
            self._message_over, self.starved = True, False
        # A bytearray would copy what is put into it, once more.
        target = memoryview(view)
        if server:
            target[:length] = apply_mask(wire[start:size], wire[behind:start].tobytes())
        else:
            target[:length] = wire[start:size]
        self.is_text = False
        self._base += size
        return length

    @override
    def decode_into(self, view: Room, *, relaxed_eof: bool = False) -> int:
        kept = self._kept
        put = self._decode(kept, self._next, len(kept), view)
        if self._next == len(kept):
            self._kept, self._next = memoryview(b""), 0
        return put or self._verdict(relaxed_eof)

    def _verdict(self, relaxed_eof: bool) -> int:  # noqa: FBT001 - hot
        """Return what a read gets that has no payload."""
        if self._message_over:
            self._message_over = False
            return MESSAGE_END
        if self._error is not None:
            raise self._error
        if self.close_code is not None:
            self.starved = False
            if self.close_code in _ORDERLY or relaxed_eof:
                return 0
            raise WebSocketClosedError(self.close_code, self.close_reason)
        if not self._cut:
            return STARVED
        self.starved = False
        if relaxed_eof:
            return 0
        raise self._truncated()

    def _truncated(self) -> TruncatedError:
        where = "between two frames"
        if self._left:
            where = f"{self._left} bytes before the end of the frame at offset {self._began}"
        elif self._head:
            where = "in a frame's header"
        elif self.going_on:
            where = "between two fragments of a message"
        message = (
            f"the WebSocket ended at offset {self._base}, {where}: expected a close; "
            "what came may be cut, ask for it again"
        )
        return TruncatedError(message)

    def _decode(  # noqa: C901, PLR0915 - the hot path
        self, wire: memoryview, at: int, end: int, view: Room
    ) -> int:
        """Put payload of ``wire[at:end]`` into *view*, and go on to the next that there is no room for."""
        put, room = 0, len(view)
        start = at
        target = memoryview(view)
        try:
            while self.close_code is None and self._error is None and not self._message_over:
                left = self._left
                if not left:
                    if at >= end:
                        break
                    at = self._take_head(wire, at, end, start)
                    continue
                size = min(left, end - at, room - put)
                if not size:
                    break
                piece: Flat = wire[at : at + size]
                mask = self._mask
                if mask:
                    piece = apply_mask(piece, mask)
                if self.is_text:
                    self._check_text(piece, last=self._final and size == left)
                target[put : put + size] = piece
                at += size
                put += size
                self._left = left = left - size
                if left and mask and (turn := size & 3):
                    self._mask = mask[turn:] + mask[:turn]
                if not left:
                    self._end_frame()
        except FrameError as error:
            self._error = error
            self.queue_close(error.code)
        ended = self.close_code is not None or self._error is not None
        if ended:
            at = end
        self._base += at - start
        self._next = at
        self.starved = at == end and not (ended or self._cut or self._message_over)
        return put

    def _take_head(self, wire: memoryview, at: int, end: int, start: int) -> int:
        """Take a header, and a control frame as a whole; return where what follows begins."""
        before = len(self._head)
        if before:
            wire = memoryview(self._head + wire[at : min(end, at + MAX_HEAD)])
            place, stop = 0, len(wire)
        else:
            place, stop = at, end
        offset = self._base + at - start - before
        taken = self._parse_head(wire, place, stop, offset)
        if taken:
            self._head = b""
            return at + taken - before
        self._head = bytes(wire[place:stop])
        return end

    def _parse_head(self, wire: memoryview, at: int, stop: int, offset: int) -> int:
        """Take what begins at *at* and return its size; 0 if it is not all there."""
        if stop - at < 2:
            return 0
        first, second = wire[at], wire[at + 1]
        if first != WHOLE or self.going_on or (second >= 0x80) is not self._server:
            fault = find_fault(first, second, server=self._server, going_on=self.going_on, text=self._text)
            if fault is not None:
                raise FrameError(fault[0], offset, fault[1])
        size = second & 0x7F
        behind = 2 if size < 126 else 4 if size == 126 else 10
        payload = behind + 4 if self._server else behind
        # Of a control frame all is awaited, so that a part of it is nothing yet.
        if stop - at < (payload + size if first & 0x08 else payload):
            return 0
        mask = bytes(wire[at + behind : at + payload])
        if first & 0x08:
            data = bytes(wire[at + payload : at + payload + size])
            self._take_control(first & 0x0F, apply_mask(data, mask) if mask else data, offset)
            return payload + size
        if behind > 2:
            size = int.from_bytes(wire[at + 2 : at + behind], "big")
            if (fault := find_length_fault(size, behind - 2)) is not None:
                raise FrameError(fault[0], offset, fault[1])
        self._left = size
        self._mask = mask
        self._begin(first, offset)
        return payload

    def _begin(self, first: int, offset: int) -> None:
        """Note what the header of a data frame says of its message."""
        self._began = offset
        if not self.going_on:
            self.is_text = first & 0x0F == TEXT
            self._message_size = 0
        if self._max_message is not None:
            self._message_size += self._left
            if self._message_size > self._max_message:
                size, most = self._message_size, self._max_message
                fact = f"a message of at least {size} bytes: expected at most {most}"
                raise FrameError(TOO_BIG, offset, fact)
        self._final = first >= FIN
        self.going_on = not self._final
        if self.is_text and self._final and not self._left:
            self._check_text(b"", last=True)
        if not self._left:
            self._end_frame()

    def _end_frame(self) -> None:
        """Note that all of a data frame was decoded."""
        self._message_over = self._final and self._max_message is not None

    def _check_text(self, piece: Flat, *, last: bool) -> None:
        try:
            self._utf8.decode(piece, last)
        except UnicodeDecodeError as error:
            fact = f"text that is no UTF-8 ({error.reason}): expected UTF-8"
            raise FrameError(BAD_DATA, self._began, fact) from None

    def _take_control(self, opcode: int, payload: bytes, offset: int) -> None:
        if opcode == PING:
            self.queue_pong(payload)
        elif opcode == CLOSE:
            code, reason = self._read_close(payload, offset)
            if not self.half_close:
                self.queue_close(code)
            self.close_code, self.close_reason = code, reason

    @staticmethod
    def _read_close(payload: bytes, offset: int) -> tuple[int, str]:
        if not payload:
            return NO_STATUS, ""
        code = int.from_bytes(payload[:2], "big")
        if len(payload) == 1 or not is_sendable(code):
            fact = "a close with one byte" if len(payload) == 1 else f"a close with code {code}"
            raise FrameError(PROTOCOL_ERROR, offset, f"{fact}: expected a registered code or 3000 to 4999")
        try:
            return code, payload[2:].decode()
        except UnicodeDecodeError as error:
            fact = f"a close whose reason is no UTF-8 ({error.reason}): expected UTF-8"
            raise FrameError(BAD_DATA, offset, fact) from None
