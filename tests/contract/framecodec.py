"""The smallest protocol that a codec layer can carry: a length and a payload, a ping, a goodbye."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from iochan.core.buffers import Flat, Room
from iochan.core.bytequeue import ByteQueue
from iochan.core.codec import BATCH, STARVED, Codec
from iochan.core.errors import LimitExceeded, TruncatedError

__all__ = ["GOODBYE", "PING", "PONG", "FrameCodec", "frame"]

_HEADER: Final = struct.Struct(">I")
GOODBYE: Final = _HEADER.pack(0)
PING: Final = _HEADER.pack(0xFFFFFFFE)
PONG: Final = _HEADER.pack(0xFFFFFFFF)


def frame(payload: bytes) -> bytes:
    """Return *payload* as it stands on the wire."""
    return _HEADER.pack(len(payload)) + payload


class FrameCodec(Codec):
    """Frames; a ping is answered by a pong, which the reader owes."""

    half_close = True

    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0
        self._wire = bytearray()
        self._plain = ByteQueue()
        self._replies: list[bytes] = []
        self._cut = False
        self._ended = False
        self._bidden = False

    @override
    def receive(self, wire: memoryview) -> None:
        self._cut = not wire
        self._wire += wire
        while self._take_frame():
            pass
        self.has_output = bool(self._replies)
        self.starved = not (self._plain or self._ended or self._cut)

    def _take_frame(self) -> bool:
        wire = self._wire
        if self._ended or len(wire) < _HEADER.size:
            return False
        head = bytes(wire[: _HEADER.size])
        if head in {PING, PONG, GOODBYE}:
            if head == PING:
                self._replies.append(PONG)
            self._ended = head == GOODBYE
            del wire[: _HEADER.size]
            return True
        (size,) = _HEADER.unpack(head)
        if size > BATCH:
            message = f"a frame of {size} bytes: at most {BATCH} are taken, close the connection"
            raise LimitExceeded(message)
        end = _HEADER.size + size
        if len(wire) < end:
            return False
        self._plain.put(bytes(wire[_HEADER.size : end]))
        del wire[:end]
        return True

    @override
    def decode_into(self, view: Room, *, relaxed_eof: bool = False) -> int:
        if self._plain:
            got = self._plain.take_into((memoryview(view),))
            self.starved = not (self._plain or self._ended or self._cut)
            return got
        if self._ended or (self._cut and relaxed_eof):
            return 0
        if self._cut:
            message = "the frames ended without the goodbye: what came may be cut, ask for it again"
            raise TruncatedError(message)
        self.starved = True
        return STARVED

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        payload = bytes(pieces[0][:BATCH])
        self.encoded += 1
        return len(payload), (frame(payload),)

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        out, self._replies = b"".join(self._replies), []
        self.has_output = False
        return (out,)

    @override
    def goodbye(self) -> None:
        if not self._bidden:
            self._bidden = True
            self._replies.append(GOODBYE)
            self.has_output = True

    @override
    def step(self) -> bool:
        return True
