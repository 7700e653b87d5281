"""A rectangle's bytes before they enter a viewer's zlib streams, and these streams."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final

__all__ = ["Encoded", "Streams", "long_length"]

_RAW: Final = -15
"""What zlib is told for a stream without head and checksum."""

_HEAD: Final = b"\x78\x9c"
"""What a zlib stream begins with (RFC 1950, 2.2): a window of 32 KiB, and no dictionary."""


def long_length(length: int) -> bytes:
    """Return *length* in four bytes, as ZRLE and Zlib have it."""
    return struct.pack(">I", length)


class Encoded:
    """What a rectangle is sent as: *head*, and then perhaps *plain*, compressed, with its length before it.

    Args:
        number: The encoding that was chosen.
        head: What goes as it is.
        plain: What goes through a zlib stream.
        stream: Through which; None for nothing.
        length: Makes the length of what comes out.
    """

    __slots__ = ("_segment", "head", "length", "number", "plain", "stream")

    def __init__(
        self,
        number: int,
        head: bytes,
        plain: bytes = b"",
        stream: int | None = None,
        length: Callable[[int], bytes] = long_length,
    ) -> None:
        self.number = number
        self.head = head
        self.plain = plain
        self.stream = stream
        self.length = length
        self._segment: bytes | None = None

    def segment(self, level: int) -> bytes:
        """Return *plain* compressed so that it continues any stream; it is done once."""
        if self._segment is None:
            self._segment = _squeeze(zlib.compressobj(level, wbits=_RAW), self.plain)
        return self._segment


class Streams:
    """The zlib streams of one viewer and one encoding, made of what is encoded.

    What is shared among viewers refers to nothing before it, so that it continues the stream of each: it is
    compressed once, and takes some bytes more.
    """

    __slots__ = ("_begun", "_own")

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._own: dict[int, tuple[int, zlib._Compress]] = {}

    def wire(self, encoded: Encoded, level: int, *, shared: bool) -> bytes:
        """Return what goes to the viewer.

        Args:
            encoded: A rectangle.
            level: zlib's.
            shared: Whether other viewers are sent the same one.
        """
        stream = encoded.stream
        if stream is None:
            return encoded.head
        if shared:
            # What this viewer's own compressor remembers is no longer what came last.
            self._own.pop(stream, None)
            packed = encoded.segment(level)
        else:
            own = self._own.get(stream)
            if own is None or own[0] != level:
                own = self._own[stream] = level, zlib.compressobj(level, wbits=_RAW)
            packed = _squeeze(own[1], encoded.plain)
        if stream not in self._begun:
            self._begun.add(stream)
            packed = _HEAD + packed
        return encoded.head + encoded.length(len(packed)) + packed


def _squeeze(deflate: zlib._Compress, plain: bytes) -> bytes:
    return deflate.compress(plain) + deflate.flush(zlib.Z_SYNC_FLUSH)
