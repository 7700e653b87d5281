"""A ring of bytes: what is written is read again, and what nobody has read in time is overwritten."""

from __future__ import annotations

import threading

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, total
from iochan.core.bytequeue import ByteQueue
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.wakeup import Wakeup

__all__ = ["DEFAULT_RING", "RingChannel"]

DEFAULT_RING = 65536
"""Bytes that a ring keeps, unless told otherwise (QEMU's ``ringbuf`` has the same)."""


class RingChannel(Channel):
    """Keeps the last *size* bytes that were written until they are read; neither direction has an end.

    Writing never waits and never fails for want of room: the oldest bytes go. A thread may read while another
    one writes.

    Args:
        size: How many bytes are kept; at least 1.
        name: What messages call it.

    Attributes:
        overwritten: How many bytes went before somebody read them.
    """

    __slots__ = ("_data", "_lock", "_queue", "_size", "overwritten")

    features = Feature.CONCURRENT

    def __init__(self, size: int = DEFAULT_RING, name: str = "") -> None:
        if size < 1:
            message = f"a ring of {size} bytes: nothing could ever be read, give at least 1"
            raise ValueError(message)
        super().__init__(name or "ring")
        self._size = size
        self._lock = threading.Lock()
        self._queue = ByteQueue()
        self._data = Wakeup()
        self.overwritten = 0

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        with self._lock:
            return self._queue.take_into(views) if self._queue else self._data.arm()

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int:
        with self._lock:
            for view in views:
                self._queue.put(view[-self._size :])
                self.overwritten += max(0, len(view) - self._size)
                surplus = len(self._queue) - self._size
                if surplus > 0:
                    self._queue.drop(surplus)
                    self.overwritten += surplus
            self._data.fire()
        return total(views)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        with self._lock:
            holds = condition if self._queue else condition & ~Condition.IN
            return holds or self._data.arm()

    @override
    def do_close(self) -> None:
        with self._lock:
            self._queue.drop(len(self._queue))
            self._data.close()
