"""zlib streams from a server, which give what is expected of them and no byte more."""

from __future__ import annotations

import zlib

from iochan.vnc.errors import RfbError, RfbLimit
from iochan.vnc.feed import MAX_NEED, Need

__all__ = ["Inflate"]


class Inflate:
    """One stream, which goes on from rectangle to rectangle."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()

    def read(self, length: int, most: int) -> Need[bytes]:
        """Take *length* bytes of the stream and return what they hold.

        Args:
            length: As the server said.
            most: The most bytes that may come out.

        Raises:
            RfbLimit: More would come out, or *length* cannot be needed for so little.
            RfbError: It is no zlib stream.
        """
        # zlib never needs more than this for what does not shrink; RFC 1950 and 1951.
        if length > most + most // 512 + 1024:
            message = f"{length} deflated bytes for at most {most} bytes of pixels"
            raise RfbLimit(message)
        data = bytearray()
        while length:
            piece = yield min(length, MAX_NEED)
            length -= len(piece)
            data += self._inflate(piece, most - len(data))
        return bytes(data)

    def _inflate(self, piece: bytes, most: int) -> bytes:
        try:
            data = self._stream.decompress(piece, most + 1)
        except zlib.error as error:
            message = f"pixels cannot be inflated: {error}"
            raise RfbError(message) from error
        if len(data) > most or self._stream.unconsumed_tail:
            message = f"more than the {most} bytes of pixels that a rectangle can have left were deflated"
            raise RfbLimit(message)
        if self._stream.eof:
            message = "the zlib stream ended: it must last as long as the connection"
            raise RfbError(message)
        return data

    def exactly(self, length: int, size: int) -> Need[bytes]:
        """Do what `read` does, for data whose *size* is known.

        Raises:
            RfbError: It is less.
        """
        data = yield from self.read(length, size)
        if len(data) != size:
            message = f"{len(data)} of the {size} bytes of a rectangle were deflated"
            raise RfbError(message)
        return data
