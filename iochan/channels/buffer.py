"""A channel over bytes in memory, as a file is one over bytes on a disk."""

from __future__ import annotations

import os

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, Views, gather, scatter, total
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError
from iochan.core.fd import FdBox
from iochan.core.feature import Feature

__all__ = ["BufferChannel"]


class BufferChannel(Channel):
    """A seekable array of bytes.

    It behaves as a file does: reads and writes happen at the position and move it, a write past the
    end fills the gap with zeros, ``whence`` counts. (QEMU's buffer channel always appends, ignores
    ``whence`` and has no offsets; code that relies on that must seek.)

    Args:
        initial: The bytes to start with, copied; the position is at their start.
        capacity: The most bytes it holds; None for no limit but memory.
        name: What messages call the channel.
    """

    __slots__ = ("_capacity", "_data", "_position")

    features = Feature.SEEK

    def __init__(self, initial: Buffer = b"", capacity: int | None = None, name: str = "") -> None:
        super().__init__(name or "buffer")
        self._data = bytearray(initial)
        self._capacity = capacity
        self._position = 0
        if capacity is not None and len(self._data) > capacity:
            message = f"{len(self._data)} bytes do not fit into a buffer of {capacity}: raise its capacity"
            raise ValueError(message)

    def contents(self) -> bytes:
        """Return a copy of all the bytes, wherever the position is; also after the close."""
        return bytes(self._data)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int:
        got = self.try_preadv(views, self._position)
        self._position += got
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int:
        put = self.try_pwritev(views, self._position)
        self._position += put
        return put

    @override
    def try_preadv(self, views: Views, offset: int) -> int:
        self._check(offset)
        with memoryview(self._data) as data, data[offset : offset + total(views)] as piece:
            return scatter(piece, views)

    @override
    def try_pwritev(self, views: Views, offset: int) -> int:
        self._check(offset)
        size = total(views)
        if self._capacity is not None:
            size = min(size, self._capacity - offset)
            if size <= 0:
                message = f"{self._name} is full, its capacity is {self._capacity} bytes: make a larger one"
                raise ChannelBrokenError(message)
        data = self._data
        if offset > len(data):
            data.extend(bytes(offset - len(data)))
        data[offset : offset + size] = gather(views, size)
        return size

    @override
    def do_seek(self, offset: int, whence: int) -> int:
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence == os.SEEK_END:
            offset += len(self._data)
        elif whence != os.SEEK_SET:
            message = f"whence {whence}: give SEEK_SET, SEEK_CUR or SEEK_END"
            raise ValueError(message)
        self._check(offset)
        self._position = offset
        return offset

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        return condition

    @override
    def do_close(self) -> None:
        """Do nothing: `contents` still works."""

    def _check(self, offset: int) -> None:
        if offset < 0:
            message = f"{self._name} has no offset {offset}: offsets start at 0"
            raise ValueError(message)
