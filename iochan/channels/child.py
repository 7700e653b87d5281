"""A child process: started without a shell, waited for by any driver, never left as a zombie."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from signal import SIGTERM
from typing import Any, Final

from iochan.channels.reasons import explain
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.end import End
from iochan.core.errors import ConnectError
from iochan.core.op import Op

__all__ = ["Child", "as_argv"]

_FIRST_LOOK: Final = 0.001
_LONGEST_LOOK: Final = 0.05


def as_argv(argv: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return *argv* as text.

    Raises:
        ValueError: It is empty, or a line of text.
    """
    if isinstance(argv, str | bytes) or not argv:
        message = f"{argv!r} is no command: give a list, the program first; no shell takes a line apart"
        raise ValueError(message)
    return [os.fspath(word) for word in argv]


class Child:
    """A process that runs *argv*.

    Args:
        argv: The program, searched for in ``PATH`` unless it has a slash, and its arguments.
        options: What `subprocess.Popen` takes.

    Raises:
        ConnectError: The program cannot be run.

    Attributes:
        pid: Its number; it may be somebody else's once `status` is known.
    """

    __slots__ = ("_end", "_process", "pid")

    def __init__(self, argv: Sequence[str | os.PathLike[str]], **options: Any) -> None:  # noqa: ANN401 - Popen checks them
        self._end: End | None = None
        words = as_argv(argv)
        try:
            self._process = subprocess.Popen(words, **options)  # noqa: S603 - what the caller wants to run
        except OSError as error:
            message = f"{error.filename or words[0]} cannot be run: {explain(error)}"
            raise ConnectError(message) from error
        self.pid = self._process.pid

    @property
    def status(self) -> int | None:
        """How it ended: None while it runs, ``-signal`` when a signal killed it."""
        return self._process.poll()

    def kill(self, signal: int = SIGTERM) -> None:
        """Send *signal*, unless it has ended."""
        self._process.send_signal(signal)

    def wait_op(self) -> Op[int]:
        """Wait for its end, and return `status`. It is not made to end."""
        pause = _FIRST_LOOK
        while (status := self._process.poll()) is None:
            blocked = self._watch()
            if blocked is None:
                blocked = Blocked(deadline=clock.now() + pause)
                pause = min(2 * pause, _LONGEST_LOOK)
            yield blocked
        self._unwatch()
        return status

    def leave(self) -> None:
        """Let it go on alone. Nobody waits for it, and still it is no zombie after its end."""
        self._unwatch()
        if self._process.poll() is None:
            # It sleeps in waitpid(2), and is as good as free; it does not hold up our own end.
            threading.Thread(target=self._process.wait, name=f"reaper of {self.pid}", daemon=True).start()

    def _watch(self) -> Blocked | None:
        """Return the wait for its end, or None where the system has none."""
        if self._end is None and hasattr(os, "pidfd_open"):
            try:
                self._end = End(os.pidfd_open(self.pid), reads=True, writes=False)
            except OSError:
                return None
        return None if self._end is None else self._end.blocked_in

    def _unwatch(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end.close()
