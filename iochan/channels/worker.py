"""Work that must block, done in a thread of its own and waited for as an operation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from iochan.channels.descriptor import Bell
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.op import Op

__all__ = ["in_thread_op"]

T = TypeVar("T")


class _Errand(Generic[T]):
    """Runs *work* in a thread, and rings when it has ended."""

    __slots__ = ("_abandoned", "_error", "_lock", "_result", "_work", "bell", "done")

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._abandoned = False
        self._error: BaseException | None = None
        self._result: T
        self.bell = Bell()
        self.done = False

    def run(self) -> None:
        """Do the work: the thread's body."""
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where the result is wanted
            self._error = error
        with self._lock:
            self.done = True
            if not self._abandoned:
                self.bell.ring()

    def result(self) -> T:
        """Return what the work returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._result

    def abandon(self) -> None:
        """Wait no more; the thread ends when its work does, and nobody hears of it."""
        with self._lock:
            self._abandoned = True
        self.bell.close()


def in_thread_op(work: Callable[[], T], name: str) -> Op[T]:
    """Run *work* in a daemon thread and return its result, whatever driver waits for it.

    Cancelled, it returns at once; the thread cannot be stopped and ends by itself.

    Args:
        work: Called once, in the other thread.
        name: What to call the thread.
    """
    errand = _Errand(work)
    try:
        threading.Thread(target=errand.run, name=name, daemon=True).start()
        blocked = Blocked(((errand.bell, Condition.IN),))
        while not errand.done:
            yield blocked
        return errand.result()
    finally:
        errand.abandon()
