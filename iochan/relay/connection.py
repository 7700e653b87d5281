"""One client of a relay: opened, pumped both ways, closed."""

from __future__ import annotations

from collections.abc import Callable

from iochan.core.channel import Channel
from iochan.core.errors import ChannelError
from iochan.core.feature import Feature
from iochan.core.loop import Loop
from iochan.core.op import Op
from iochan.core.task import Task
from iochan.relay.pump import Traffic, pump_op

__all__ = ["Connection"]


class Connection:
    """Runs one client's life as tasks on *loop*; calls ``ended(self)`` once, at its end.

    Args:
        loop: The loop.
        client: The client's channel, owned from now on; its handshakes may be still to do.
        dial: The operation that opens the other side, handshakes done; it returns the client's channel,
            which may be another one by then, and the other side's.
        handshake: Seconds for the client's handshakes.
        traffic: The counts of bytes from the client, and to it.
        ended: Told when all is over.

    Attributes:
        error: What ended it before its time, or None.
    """

    __slots__ = ("_client", "_ended", "_loop", "_target", "_tasks", "_traffic", "error")

    def __init__(
        self,
        loop: Loop,
        client: Channel,
        dial: Op[tuple[Channel, Channel]],
        handshake: float,
        traffic: tuple[Traffic, Traffic],
        ended: Callable[[Connection], object],
    ) -> None:
        self._loop = loop
        self._client = client
        self._target: Channel | None = None
        self._traffic = traffic
        self._ended = ended
        self.error: BaseException | None = None
        self._tasks: list[Task[None]] = [Task(loop, self._open_op(dial, handshake), self._opened)]

    def abort(self) -> None:
        """End it now."""
        self._fail(ChannelError("the relay was stopped"))

    def _open_op(self, dial: Op[tuple[Channel, Channel]], handshake: float) -> Op[None]:
        try:
            yield from self._client.handshake_op(handshake)
            self._client, self._target = yield from dial
        finally:
            dial.close()

    def _opened(self, task: Task[None]) -> None:
        target = self._target
        if self._over(task) or target is None:
            return
        client, (forward, backward) = self._client, self._traffic
        self._tasks = [
            Task(self._loop, pump_op(client, target, forward), self._pumped),
            Task(self._loop, pump_op(target, client, backward), self._pumped),
        ]

    def _pumped(self, task: Task[None]) -> None:
        if task not in self._tasks or self._over(task):
            return
        if not self._has_other_direction(task) or all(other.finished for other in self._tasks):
            tasks, self._tasks = self._tasks, [Task(self._loop, self._close_op(), self._closed)]
            for other in tasks:
                other.cancel()

    def _has_other_direction(self, task: Task[None]) -> bool:
        """Tell whether the side whose bytes *task* pumped, and that has ended, still takes some."""
        source = self._client if task is self._tasks[0] else self._target
        return source is not None and Feature.HALF_CLOSE in source.features

    def _close_op(self) -> Op[None]:
        if self._target is not None:
            yield from self._target.close_op()
        yield from self._client.close_op()

    def _closed(self, task: Task[None]) -> None:
        if not self._over(task):
            self._ended(self)

    def _over(self, task: Task[None]) -> bool:
        """Tell whether the connection has ended, or ends now, by what *task* met."""
        if self.error is None:
            try:
                task.result()
            except Exception as error:  # noqa: BLE001 - kept as the connection's end, and reported
                self._fail(error)
        return self.error is not None

    def _fail(self, error: BaseException) -> None:
        if self.error is not None:
            return
        self.error = error
        for task in self._tasks:
            task.cancel()
        if self._target is not None:
            self._target.abort()
        self._client.abort()
        self._ended(self)
