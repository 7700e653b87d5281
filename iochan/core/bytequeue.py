"""A queue of bytes: what comes in at the back goes out at the front, in pieces of any size."""

from __future__ import annotations

from iochan.core.buffers import Buffer, Views

__all__ = ["ByteQueue"]

_COMPACT = 65536


class ByteQueue:
    """Bytes waiting for somebody. Dropping from the front costs no copy until it is worth one."""

    __slots__ = ("_data", "_start")

    def __init__(self) -> None:
        self._data = bytearray()
        self._start = 0

    def __len__(self) -> int:
        return len(self._data) - self._start

    def put(self, data: Buffer) -> None:
        """Append a copy of *data*."""
        self._data += data

    def peek(self, count: int) -> bytes:
        """Return up to *count* bytes from the front and leave them there."""
        return bytes(memoryview(self._data)[self._start : self._start + count])

    def take(self, count: int) -> bytes:
        """Return up to *count* bytes from the front and forget them."""
        data = self.peek(count)
        self.drop(len(data))
        return data

    def take_into(self, views: Views) -> int:
        """Move bytes from the front into *views* and return how many fitted."""
        done = 0
        with memoryview(self._data) as data:
            for view in views:
                start = self._start + done
                with data[start : start + len(view)] as piece:
                    size = len(piece)
                    view[:size] = piece
                done += size
                if size < len(view):
                    break
        self.drop(done)
        return done

    def find(self, separator: bytes, start: int = 0) -> int:
        """Return the offset of *separator* from the front, searched from *start*, or -1."""
        place = self._data.find(separator, self._start + start)
        return place if place < 0 else place - self._start

    def drop(self, count: int) -> None:
        """Forget *count* bytes from the front (all, if there are fewer)."""
        self._start += count
        if self._start >= len(self._data):
            self._data.clear()
            self._start = 0
        elif self._start >= _COMPACT and self._start * 2 >= len(self._data):
            del self._data[: self._start]
            self._start = 0
