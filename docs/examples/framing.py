"""A layer of one's own: bytes travel in frames, and an empty frame is the goodbye."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from typing_extensions import override

from iochan import Channel, Codec, CodecLayer, LimitExceeded, TruncatedError
from iochan.core.buffers import Flat
from iochan.core.codec import STARVED

MAX_FRAME = 16384
HEADER = struct.Struct("!H")


class FramingCodec(Codec):
    """Two bytes of length, then so many bytes; no frame is longer than `MAX_FRAME`."""

    half_close = True

    def __init__(self) -> None:
        super().__init__()
        self._wire = bytearray()
        self._left = 0  # of the frame that is being read
        self._cut = self._ended = self._said = False

    @override
    def receive(self, wire: memoryview) -> None:
        self._wire += wire
        self._cut = not wire
        self.starved = False

    @override
    def decode_into(self, view: Flat, *, relaxed_eof: bool = False) -> int:
        if not self._left and not self._ended and len(self._wire) >= HEADER.size:
            (self._left,) = HEADER.unpack_from(self._wire)
            del self._wire[: HEADER.size]
            if self._left > MAX_FRAME:
                message = f"a frame of {self._left} bytes, over {MAX_FRAME}: see what the peer speaks"
                raise LimitExceeded(message)
            self._ended = not self._left
        if self._ended:
            return 0
        count = min(self._left, len(self._wire), len(view))
        if count:
            memoryview(view)[:count] = self._wire[:count]
            del self._wire[:count]
            self._left -= count
            return count
        if self._cut and not relaxed_eof:
            message = "the stream ended without an empty frame: it was cut, connect again"
            raise TruncatedError(message)
        self.starved = not self._cut
        return 0 if self._cut else STARVED

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        piece = memoryview(pieces[0])[:MAX_FRAME]
        return len(piece), (HEADER.pack(len(piece)), piece)

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        self.has_output = False
        return (HEADER.pack(0),)

    @override
    def goodbye(self) -> None:
        if not self._said:
            self._said = self.has_output = True


def framing(channel: Channel) -> CodecLayer:
    """Put frames on *channel*."""
    return CodecLayer(channel, FramingCodec(), "framing")
