"""Channels to a command: what is written is its input, what is read is its output."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from signal import SIGTERM
from typing import Literal

from typing_extensions import override

from iochan.channels.child import Child
from iochan.channels.pipe import PipeChannel
from iochan.core.attribute import Attributes
from iochan.core.facts import EXIT_STATUS, PEER_PID
from iochan.core.fd import OwnedFd
from iochan.core.op import Op, run
from iochan.core.writing import HasFileno

__all__ = ["CommandChannel"]


class CommandChannel(PipeChannel):
    """A command, started at once, without a shell.

    `close` closes its input and its output, then waits until it has ended by itself: what was
    written is processed to its end. It is never killed for that; who wants it to end sooner calls
    `kill`. Output that nobody has read by then is lost: read to the end of the stream first.
    `abort` leaves it running, and nobody waits for it.

    Args:
        argv: The program, searched for in ``PATH`` unless it has a slash, and its arguments.
        access: ``r`` to read its output, ``w`` to write its input, ``rw`` for both.
        cwd: Where it runs; None for here.
        env: Its environment; None for ours.
        unused: What it has instead of the pipe that *access* leaves out; None for the null device.
            It stays the caller's.
        stderr: Where its errors go; None for where ours go. It stays the caller's.

    Raises:
        ConnectError: The program cannot be run.
    """

    __slots__ = ("_child",)

    def __init__(
        self,
        argv: Sequence[str | os.PathLike[str]],
        access: Literal["r", "w", "rw"] = "rw",
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        unused: HasFileno | None = None,
        stderr: HasFileno | None = None,
    ) -> None:
        if access not in {"r", "w", "rw"}:
            message = f"access {access!r}: give r to read the output, w to write the input, or rw"
            raise ValueError(message)
        instead = subprocess.DEVNULL if unused is None else unused
        with ExitStack() as stack:
            theirs_in, ours_out = _pipe(stack) if "w" in access else (None, None)
            ours_in, theirs_out = _pipe(stack) if "r" in access else (None, None)
            child = Child(
                argv,
                stdin=theirs_in or instead,
                stdout=theirs_out or instead,
                stderr=stderr,
                cwd=cwd,
                env=env,
            )
            ours = [end.detach() for end in (ours_in, ours_out) if end is not None]
        super().__init__(ours[0], ours[1] if access == "rw" else None, f"command {os.fspath(argv[0])}")
        self._child = child

    @property
    def pid(self) -> int:
        """The process of the command."""
        return self._child.pid

    @property
    def exit_status(self) -> int | None:
        """How the command ended: None while it runs, ``-signal`` when a signal killed it."""
        return self._child.status

    def kill(self, signal: int = SIGTERM) -> None:
        """Send *signal* to the command, unless it has ended."""
        self._child.kill(signal)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the command has ended, and return its `exit_status`; also after `abort`.

        Raises:
            ChannelTimeout: It was still running after *timeout* seconds.
        """
        return run(self.wait_op(), timeout)

    def wait_op(self) -> Op[int]:
        """The operation of `wait`."""
        return self._child.wait_op()

    @override
    def attributes(self) -> Attributes:
        return {PEER_PID: lambda: self.pid, EXIT_STATUS: lambda: self.exit_status}

    @override
    def farewell_op(self) -> Op[None]:
        yield from super().farewell_op()
        # Both: a command that writes into a pipe which nobody reads would never end.
        super().do_close()
        yield from self.wait_op()

    @property
    @override
    def close_seconds(self) -> float | None:
        """None: `close` waits until the command has ended, however long that takes."""
        return None

    @override
    def do_close(self) -> None:
        super().do_close()
        self._child.leave()


def _pipe(stack: ExitStack) -> tuple[OwnedFd, OwnedFd]:
    read_fd, write_fd = os.pipe()
    return stack.enter_context(OwnedFd(read_fd)), stack.enter_context(OwnedFd(write_fd))
