"""Signals as something that a loop can wait for."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self

from typing_extensions import override

from iochan.channels.pipe import PipeChannel
from iochan.core.loop import Loop
from iochan.core.op import Op
from iochan.core.task import Task

__all__ = ["STOPPING", "SignalPipe", "StopSignals"]

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
"""What ends a service."""

_POKE: Final = b"\0"


class SignalPipe:
    """Takes the signals *numbers*, while a ``with`` block runs, to be read one after the other."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._numbers = numbers

    def __enter__(self) -> Self:
        read_fd, write_fd = os.pipe()
        os.set_blocking(write_fd, False)
        self._write_fd = write_fd
        self._pipe = PipeChannel(read_fd)
        self._before_fd = signal.set_wakeup_fd(write_fd)
        self._before: dict[signal.Signals, Any] = {one: signal.signal(one, _noted) for one in self._numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._before_fd)
        self._pipe.abort()
        os.close(self._write_fd)

    def poke(self) -> None:
        """Let `next_op` return 0."""
        os.write(self._write_fd, _POKE)

    def next_op(self) -> Op[int]:
        """Wait for one of the signals, and return its number."""
        while True:
            (number,) = yield from self._pipe.read_op(1)
            if not number or number in self._numbers:
                return int(number)


class StopSignals(SignalPipe):
    """Calls *stop* once for each SIGINT or SIGTERM, on *loop*, with how many came before."""

    def __init__(self, loop: Loop, stop: Callable[[int], None]) -> None:
        super().__init__(*STOPPING)
        self._loop = loop
        self._stop = stop

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        self._task = Task(self._loop, self._wait_op())
        return self

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        super().__exit__(kind, error, trace)

    def _wait_op(self) -> Op[None]:
        count = 0
        while True:
            yield from self.next_op()
            self._stop(count)
            count += 1

    def forget(self) -> None:
        """Wait for no more signals, so that the loop can end."""
        self._task.cancel()


def _noted(number: int, frame: FrameType | None) -> None:
    """Do nothing: the loop hears of it by the descriptor."""
