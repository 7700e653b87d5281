"""An operation on a loop, with a callback at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelError
from iochan.core.loop import Loop
from iochan.core.op import Op

__all__ = ["Task"]

T = TypeVar("T")


class Task(Generic[T]):
    """Runs *op* on *loop*; when it has ended, calls ``done(task)``, once.

    It starts at the loop's next turn, so *done* is never called before the constructor returns.

    Args:
        loop: The loop that steps it.
        op: The operation.
        done: Called at the end, also after an error; None for nobody.
    """

    __slots__ = ("_blocked", "_done", "_error", "_loop", "_op", "_result", "_stepping", "finished")

    def __init__(self, loop: Loop, op: Op[T], done: Callable[[Task[T]], object] | None = None) -> None:
        self._loop = loop
        self._op = op
        self._done = done
        self._error: BaseException | None = None
        self._result: T
        self._blocked: Blocked | None = None
        self._stepping = False
        self.finished = False
        loop.soon(self)

    def wake(self) -> bool:
        """Step the operation: the loop calls it."""
        if self.finished:
            return False
        try:
            self._stepping = True
            blocked = next(self._op)
            self._stepping = False
            if self._error is not None:
                self._finish()  # its own step cancelled it
            elif blocked is self._blocked and blocked.lasting:
                return True
            else:
                self._blocked = blocked
                self._loop.when(blocked, self)
        except StopIteration as stop:
            self._result = stop.value
            self._finish()
        except BaseException as error:
            self._error = error
            self._finish()
            if not isinstance(error, Exception):
                raise
        return False

    def cancel(self) -> None:
        """End the operation without a result; *done* is called. A finished one stays as it is."""
        if not self.finished:
            self._error = ChannelError("the task was cancelled")
            if not self._stepping:
                self._loop.forget(self)
                self._finish()

    def result(self) -> T:
        """Return what the operation returned, or raise what it raised.

        Raises:
            RuntimeError: It has not ended yet.
        """
        if not self.finished:
            message = "the task has not ended yet: its callback tells when"
            raise RuntimeError(message)
        if self._error is not None:
            raise self._error
        return self._result

    def _finish(self) -> None:
        self.finished = True
        self._op.close()
        if self._done is not None:
            self._done(self)
