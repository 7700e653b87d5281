"""No more than so many bytes."""

from __future__ import annotations

from typing_extensions import override

from iochan.address.value import Count, as_count
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, clip
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import LocalProtocolError
from iochan.core.fd import FdBox
from iochan.core.layer import Layer

__all__ = ["LimitLayer", "limit"]


class LimitLayer(Layer):
    """The first so many bytes of a stream, as a stream of its own.

    Bytes beyond stay where they are: who drops the layer without closing it goes on with the
    channel below, behind the last byte that was read or written here.

    Args:
        lower: The channel below, owned from now on.
        read: After how many bytes reads are at the end of the stream; None for no limit.
        write: How many bytes writes accept before they raise `LocalProtocolError`; None for no limit.
        name: What messages call the layer.

    Attributes:
        read_left: How many bytes can still be read; None without a limit.
        write_left: How many bytes can still be written; None without a limit.
    """

    __slots__ = ("_write_limit", "read_left", "write_left")

    def __init__(
        self, lower: Channel, read: int | None = None, write: int | None = None, name: str = "limit"
    ) -> None:
        if min(read or 0, write or 0) < 0:
            message = f"a limit of {min(read or 0, write or 0)} bytes: it must be 0 or more"
            raise ValueError(message)
        super().__init__(lower, name)
        self.read_left = read
        self.write_left = self._write_limit = write

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        left = self.read_left
        if left is None:
            return self._lower.try_readv(views, None, flags)
        if left == 0:
            return 0
        got = self._lower.try_readv(clip(views, left), None, flags)
        if not isinstance(got, Blocked):
            self.read_left = left - got
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        left = self.write_left
        if left is None:
            return self._lower.try_writev(views, (), flags)
        if left == 0:
            message = f"{self.name}: all of its {self._write_limit} bytes are written: no more may follow"
            raise LocalProtocolError(message)
        put = self._lower.try_writev(clip(views, left), (), flags)
        if not isinstance(put, Blocked):
            self.write_left = left - put
        return put

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if self.read_left == 0 and Condition.IN in condition:
            return Condition.IN
        if self.write_left == 0 and Condition.OUT in condition:
            return Condition.OUT
        return self._lower.ready(condition)


def limit(channel: Channel, *, read: Count | None = None, write: Count | None = None) -> LimitLayer:
    """Put a `LimitLayer` on *channel*; ``limit.read`` and ``limit.write`` in an address."""
    return LimitLayer(
        channel,
        None if read is None else as_count("limit.read", read),
        None if write is None else as_count("limit.write", write),
    )
