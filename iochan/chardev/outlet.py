"""What one client has yet to receive: a bounded queue that never makes anybody else wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.loop import Loop
from iochan.core.op import Op
from iochan.core.reading import DEFAULT_READ
from iochan.core.task import Task

__all__ = ["DEFAULT_QUEUE", "Outlet", "gap_marker"]

DEFAULT_QUEUE = 1 << 20
"""Bytes that a client may be behind, unless told otherwise."""


def gap_marker(count: int) -> bytes:
    """Return the line that stands where *count* bytes are missing."""
    return b"\r\n[iochan: %d bytes lost here]\r\n" % count


class Outlet:
    """Writes to *channel* without ever waiting; what does not go at once is queued, up to a limit.

    One piece always finds a place in an empty queue. One that there is no room for is left out as a whole,
    and as soon as there is room again a `gap_marker` stands in its place with the exact count. The queue
    is written by a task that lives only as long as something is queued.

    Args:
        loop: What runs that task.
        channel: Where to; stays the caller's, who does all other writing by `send`.
        limit: The most bytes in the queue, the markers not counted.
        failed: Told of the error when the channel cannot be written any more.

    Attributes:
        sent: How many bytes the channel has accepted, markers included.
        lost: How many bytes were left out.
        stuck: What the channel waits for; None while nothing is queued or owed.
        held: Whether the client wants nothing for now, see `hold`.
    """

    __slots__ = (
        "_channel",
        "_failed",
        "_gap",
        "_limit",
        "_loop",
        "_queue",
        "_task",
        "held",
        "lost",
        "queued",
        "sent",
        "stuck",
    )

    def __init__(
        self, loop: Loop, channel: Channel, limit: int, failed: Callable[[BaseException], object]
    ) -> None:
        self._loop = loop
        self._channel = channel
        self._limit = limit
        self._failed = failed
        self._queue: deque[memoryview] = deque()
        self._gap = 0
        self._task: Task[None] | None = None
        self.queued = self.sent = self.lost = 0
        self.stuck: Blocked | None = None
        self.held = False

    @property
    def full(self) -> bool:
        """Whether the next piece, a large one, would be left out."""
        return self.queued > 0 and self.queued > self._limit - DEFAULT_READ

    @property
    def idle(self) -> bool:
        """Whether everything has been handed on."""
        return self._task is None and not self._queue and not self._gap

    def send(self, data: bytes) -> bool:
        """Send *data*, or queue it; False if it was left out."""
        if self._task is not None or self.held:
            return self._enqueue(data)
        left = memoryview(data)
        try:
            # Until it is all gone, or the channel says what it waits for.
            while left:
                put = self._channel.try_write(left)
                if isinstance(put, Blocked):
                    self.stuck = put
                    self._push(left)
                    break
                self.sent += put
                left = left[put:]
            else:
                self.stuck = self._channel.try_flush()
                if self.stuck is None:
                    return True
        except Exception as error:  # noqa: BLE001 - the client's end, not the device's
            self._failed(error)
            return False
        self._task = Task(self._loop, self._drain_op(), self._drained)
        return True

    def hold(self, *, on: bool) -> None:
        """Keep what comes in the queue, as the client asks for; or let it go on."""
        if on == self.held:
            return
        self.held = on
        if on:
            self._stop()
        else:
            # Whatever the channel owes goes out, too.
            self._task = Task(self._loop, self._drain_op(), self._drained)

    def flush(self) -> bool:
        """Have go what the channel itself has taken and not sent; False if it is broken."""
        return self.idle and not self.held and self.send(b"")

    def drop(self) -> None:
        """Forget what is queued and write no more."""
        self._queue.clear()
        self.queued = self._gap = 0
        self._stop()

    def _stop(self) -> None:
        task, self._task = self._task, None
        self.stuck = None
        if task is not None:
            task.cancel()

    def _push(self, piece: memoryview) -> None:
        self._queue.append(piece)
        self.queued += len(piece)

    def _enqueue(self, data: bytes) -> bool:
        # One gap that is wide rather than many: it stays open until there is room worth the name.
        room = (self._limit // 2 if self._gap else self._limit) - self.queued
        if self.queued and len(data) > room:
            self._gap += len(data)
            self.lost += len(data)
            return False
        self._mark_gap()
        self._push(memoryview(data))
        return True

    def _mark_gap(self) -> None:
        if self._gap:
            marker = gap_marker(self._gap)
            self._gap = 0
            self._push(memoryview(marker))

    def _drain_op(self) -> Op[None]:
        queue, channel = self._queue, self._channel
        while queue or self._gap:
            if not queue:
                self._mark_gap()
            piece = queue[0]
            put = channel.try_write(piece)
            if isinstance(put, Blocked):
                self.stuck = put
                yield put
                continue
            self.sent += put
            self.queued -= put
            if put == len(piece):
                queue.popleft()
            else:
                queue[0] = piece[put:]
        while (blocked := channel.try_flush()) is not None:
            self.stuck = blocked
            yield blocked

    def _drained(self, task: Task[None]) -> None:
        if task is not self._task:
            return
        self._task = self.stuck = None
        try:
            task.result()
        except Exception as error:  # noqa: BLE001 - the client's end, not the device's
            self._queue.clear()
            self.queued = self._gap = 0
            self._failed(error)
            return
        if self._queue or self._gap:
            # Came in while the last bytes were flushed.
            self._task = Task(self._loop, self._drain_op(), self._drained)
