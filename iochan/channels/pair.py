"""Two connected channels in one process, without a socket."""

from __future__ import annotations

import threading

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, clip, total
from iochan.core.bytequeue import ByteQueue
from iochan.core.channel import Channel
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import ChannelBrokenError, ChannelClosedError
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.op import Op
from iochan.core.wakeup import Wakeup

__all__ = ["MEMORY_LIMIT", "MemoryChannel", "memory_pair"]

MEMORY_LIMIT = 65536
"""How many bytes a direction of a pair holds, unless told otherwise."""

_IN, _OUT = Condition.IN, Condition.OUT


class _Way:
    """One direction: a bounded queue between one reader and one writer, of any two threads."""

    __slots__ = ("_data", "_ended", "_limit", "_lock", "_queue", "_refused", "_room")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._queue = ByteQueue()
        self._ended = False
        self._refused = False
        self._data = Wakeup()
        self._room = Wakeup()

    def take(self, views: Views) -> int | Blocked:
        """Move bytes into *views*; 0 when there will be no more."""
        with self._lock:
            if self._queue:
                got = self._queue.take_into(views)
                self._room.fire()
                return got
            return 0 if self._ended or self._refused else self._data.arm()

    def put(self, views: Views) -> int | Blocked | None:
        """Accept bytes of *views*; None when nobody will read them."""
        with self._lock:
            if self._ended or self._refused:
                return None
            room = self._limit - len(self._queue)
            if not room:
                return self._room.arm()
            views = clip(views, room)
            for view in views:
                self._queue.put(view)
            self._data.fire()
            return total(views)

    def readable(self) -> Blocked | None:
        """Return None if a take would not block, or what to wait for."""
        with self._lock:
            return None if self._queue or self._ended or self._refused else self._data.arm()

    def writable(self) -> Blocked | None:
        """Return None if a put would not block, or what to wait for."""
        with self._lock:
            full = len(self._queue) >= self._limit and not self._ended and not self._refused
            return self._room.arm() if full else None

    def end(self) -> None:
        """Let nothing more in; what is there can still be taken."""
        with self._lock:
            self._ended = True
            self._data.fire()
            self._room.fire()

    def refuse(self) -> None:
        """Drop what is there and let nothing more in: nobody reads any more."""
        with self._lock:
            self._refused = True
            self._queue.drop(len(self._queue))
            self._data.fire()
            self._room.fire()

    def leave_reader(self) -> None:
        """`refuse`, and give back what the reader waited on."""
        self.refuse()
        with self._lock:
            self._data.close()

    def leave_writer(self) -> None:
        """`end`, and give back what the writer waited on."""
        self.end()
        with self._lock:
            self._room.close()


class MemoryChannel(Channel):
    """One end of a `memory_pair`.

    Threads may use the two ends, and reading and writing of one end, at the same time. A closed or
    aborted end is to the other what a closed socket is: the bytes on their way can be read, then
    comes the end of the stream; writes raise `ChannelBrokenError`.
    """

    __slots__ = ("_coming", "_going", "_gone")

    features = Feature.SHUTDOWN | Feature.HALF_CLOSE | Feature.CONCURRENT

    def __init__(self, coming: _Way, going: _Way, name: str) -> None:
        super().__init__(name)
        self._coming = coming
        self._going = going
        self._gone = False

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return self._coming.take(views)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        put = self._going.put(views)
        if put is not None:
            return put
        if self.closed:
            message = f"{self._name} is closed: it cannot be used any more"
            raise ChannelClosedError(message)
        if self._gone:
            message = f"{self._name} has ended its writing direction: it can only be read now"
            raise ChannelClosedError(message)
        message = f"writing to {self._name} failed: its other end reads no more; make a new pair"
        raise ChannelBrokenError(message)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        holds, blocked = Condition.NONE, None
        # A hang-up is an end of the stream, which reads see.
        if _IN in condition or _OUT not in condition:
            blocked = self._coming.readable()
            if blocked is None:
                holds |= _IN
        if _OUT in condition:
            full = self._going.writable()
            if full is None:
                holds |= _OUT
            else:
                blocked = full | blocked
        return blocked if not holds and blocked is not None else holds & condition or condition

    @override
    def do_shutdown(self, how: Shutdown) -> None:
        if how is not Shutdown.WRITE:
            self._coming.refuse()
        if how is not Shutdown.READ:
            self._gone = True
            self._going.end()

    @override
    def end_writing_op(self) -> Op[None]:
        self.do_shutdown(Shutdown.WRITE)
        yield from ()  # an operation, though this one never waits

    @override
    def do_close(self) -> None:
        self._coming.leave_reader()
        self._going.leave_writer()


def memory_pair(limit: int = MEMORY_LIMIT, name: str = "memory") -> tuple[MemoryChannel, MemoryChannel]:
    """Return two connected channels of this process.

    They own no descriptor as long as nobody has to wait.

    Args:
        limit: How many bytes each direction holds before writes are blocked; at least 1.
        name: What messages call both.
    """
    if limit < 1:
        message = f"a memory pair for {limit} bytes: nothing could ever pass, give at least 1"
        raise ValueError(message)
    there, back = _Way(limit), _Way(limit)
    return MemoryChannel(back, there, name), MemoryChannel(there, back, name)
