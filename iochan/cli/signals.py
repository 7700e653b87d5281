"""SIGINT and SIGTERM as something that a loop can wait for."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

from iochan.channels.pipe import PipeChannel
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task

__all__ = ["StopSignals"]

_STOPPING = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Calls *stop* once for each SIGINT or SIGTERM, on *loop*, with how many came before."""

    def __init__(self, loop: PollLoop, stop: Callable[[int], None]) -> None:
        self._loop = loop
        self._stop = stop
        self._count = 0

    def __enter__(self) -> Self:
        read_fd, write_fd = os.pipe()
        os.set_blocking(write_fd, False)
        self._write_fd = write_fd
        self._pipe = PipeChannel(read_fd)
        self._before_fd = signal.set_wakeup_fd(write_fd)
        self._before: dict[signal.Signals, Any] = {one: signal.signal(one, _noted) for one in _STOPPING}
        self._task = Task(self._loop, self._wait_op())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._before_fd)
        self._task.cancel()
        self._pipe.abort()
        os.close(self._write_fd)

    def _wait_op(self) -> Op[None]:
        while True:
            numbers = yield from self._pipe.read_op(16)
            for number in numbers:
                if number in _STOPPING:
                    self._stop(self._count)
                    self._count += 1

    def forget(self) -> None:
        """Wait for no more signals, so that the loop can end."""
        self._task.cancel()


def _noted(number: int, frame: FrameType | None) -> None:
    """Do nothing: the loop hears of it by the descriptor."""
