"""Bytes that come before the rest of a stream."""

from __future__ import annotations

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, Flat, Room, Views, scatter
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.fd import FdBox
from iochan.core.layer import Layer

__all__ = ["PrefixLayer"]


class PrefixLayer(Layer):
    """Reads give *data* first, then what comes from below.

    For who has read some bytes to find out what they are, and hands the whole stream on.

    Args:
        lower: The channel below, owned from now on.
        data: What comes first; it is copied.
        name: What messages call the layer.
    """

    __slots__ = ("_data",)

    def __init__(self, lower: Channel, data: Buffer, name: str = "prefix") -> None:
        super().__init__(lower, name)
        self._data = memoryview(bytes(data))

    @property
    def buffered_bytes(self) -> int:
        """How many bytes have not been read yet; see `BufferedLayer.buffered_bytes`."""
        return len(self._data)

    def give_back(self, data: Buffer) -> None:
        """Have *data* read before all else; it is copied."""
        self._data = memoryview(bytes(data) + bytes(self._data))

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if not self._data:
            return self._lower.try_readv(views, None, flags)
        done = scatter(self._data, views)
        self._data = self._data[done:]
        return done

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        if not self._data:
            return self._lower.try_readinto(buffer, flags)
        return self.try_readv((memoryview(buffer),))

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        return self._lower.try_write(data, flags)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if self._data and Condition.IN in condition:
            return Condition.IN
        return self._lower.ready(condition)

    @override
    def do_close(self) -> None:
        self._data = memoryview(b"")
        super().do_close()
