"""Channels over a pseudo-terminal: a program on a terminal of its own, or a terminal for others."""

from __future__ import annotations

import errno
import os
import shutil
import termios
import tty
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import SIGTERM
from typing import Any, Self

from typing_extensions import override

from iochan.channels.child import Child, as_argv
from iochan.channels.pipe import PipeChannel
from iochan.channels.reasons import explain
from iochan.core.attribute import Attribute, Attributes
from iochan.core.errors import ConnectError
from iochan.core.facts import EXIT_STATUS, PEER_PID
from iochan.core.fd import OwnedFd
from iochan.core.op import Op, run
from iochan.core.sideband import SET_WINDOW_SIZE

__all__ = ["PtyChannel"]

# A session's leader gets the first terminal that it opens as its controlling one. Between the new
# session and the program somebody has to do that, and code of ours must not run in a fork of a
# process with threads: a shell does it, and becomes the program. It interprets no argument.
_OPEN_AND_BECOME = ("/bin/sh", "-c", 'exec <>"$0" >&0 2>&0 && exec "$@"')


class PtyChannel(PipeChannel):
    """The master of a new pseudo-terminal, for whoever opens its `slave`.

    The channel keeps the slave open itself. So clients come and go without an end of the stream;
    while there is none, reads wait, and what is written waits for the next one, up to the
    terminal's few KiB. See `spawn` for a program on a terminal.

    Args:
        rows: The height of its window.
        columns: The width of its window.
        link: A symbolic link to the slave to make, and to remove at the close; it must not exist.
        raw: Whether bytes pass as they are, both ways; otherwise the terminal echoes, edits lines
            and makes signals, as terminals do.

    Raises:
        ConnectError: There is no terminal to be had, or *link* cannot be made.

    Attributes:
        slave: The path of the slave.
    """

    __slots__ = ("_child", "_link", "_slave", "slave")

    def __init__(
        self,
        rows: int = 24,
        columns: int = 80,
        link: str | os.PathLike[str] | None = None,
        *,
        raw: bool = True,
    ) -> None:
        try:
            master, slave = os.openpty()
        except OSError as error:
            message = f"no pseudo-terminal: {explain(error)}"
            raise ConnectError(message) from error
        with OwnedFd(master) as owned_master, OwnedFd(slave) as owned_slave:
            self.slave = os.ttyname(slave)
            if raw:
                tty.setraw(slave)
            termios.tcsetwinsize(master, (rows, columns))
            self._link = None if link is None else _make_link(self.slave, link)
            super().__init__(owned_master.detach(), name=f"pty {self.slave}")
            self._slave = OwnedFd(owned_slave.detach())
        self._child: Child | None = None

    @classmethod
    def spawn(
        cls,
        argv: Sequence[str | os.PathLike[str]],
        rows: int = 24,
        columns: int = 80,
        link: str | os.PathLike[str] | None = None,
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a new pseudo-terminal with a program, whose controlling terminal it is.

        When the program and all its children
        have left it, the channel is at the end of the stream. `close` hangs up, so that the kernel
        sends the program SIGHUP, and waits for it as long as the close may take; `abort` hangs up
        too, and nobody waits.

        Args:
            argv: The program, searched for in ``PATH`` unless it has a slash, and its arguments.
            rows: The height of its window.
            columns: The width of its window.
            link: A symbolic link to the slave to make, and to remove at the close.
            cwd: Where it runs; None for here.
            env: Its environment; None for ours.

        Raises:
            ConnectError: The program cannot be run, there is no terminal, or *link* cannot be made.
        """
        words = as_argv(argv)
        _check_program(words[0], cwd, env)
        channel = cls(rows, columns, link, raw=False)
        try:
            channel._run(words, cwd, env)
        except BaseException:
            channel.abort()
            raise
        return channel

    def _run(
        self, words: list[str], cwd: str | os.PathLike[str] | None, env: Mapping[str, str] | None
    ) -> None:
        with self._slave as slave:
            self._child = Child(
                (*_OPEN_AND_BECOME, self.slave, *words),
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                cwd=cwd,
                env=env,
            )

    @property
    def window_size(self) -> tuple[int, int]:
        """The rows and columns of the terminal; the programs on it are told of a change (SIGWINCH)."""
        return termios.tcgetwinsize(self.fileno())

    @window_size.setter
    def window_size(self, size: tuple[int, int]) -> None:
        termios.tcsetwinsize(self.fileno(), size)

    @property
    def pid(self) -> int | None:
        """The process of the program; None without one."""
        return None if self._child is None else self._child.pid

    @property
    def exit_status(self) -> int | None:
        """How the program ended: None while it runs, ``-signal`` when a signal killed it."""
        return None if self._child is None else self._child.status

    def kill(self, signal: int = SIGTERM) -> None:
        """Send *signal* to the program, unless it has ended."""
        if self._child is not None:
            self._child.kill(signal)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until the program has ended, and return its `exit_status`.

        Raises:
            ChannelTimeout: It was still running after *timeout* seconds.
        """
        return run(self.wait_op(), timeout)

    def wait_op(self) -> Op[int | None]:
        """The operation of `wait`."""
        return None if self._child is None else (yield from self._child.wait_op())

    @override
    def attributes(self) -> Attributes:
        found: dict[Attribute[Any], Callable[[], Any]] = {SET_WINDOW_SIZE: lambda: self._set_window_size}
        if self._child is not None:
            found |= {PEER_PID: lambda: self.pid, EXIT_STATUS: lambda: self.exit_status}
        return found

    def _set_window_size(self, rows: int, columns: int) -> None:
        self.window_size = rows, columns

    @override
    def farewell_op(self) -> Op[None]:
        yield from super().farewell_op()
        super().do_close()
        yield from self.wait_op()

    @override
    def do_close(self) -> None:
        super().do_close()
        self._slave.close()
        self._remove_link()
        if self._child is not None:
            self._child.leave()

    @override
    def _read_failed(self, error: OSError | ValueError) -> int:
        # How Linux says that nobody has the slave open any more; others say 0.
        if isinstance(error, OSError) and error.errno == errno.EIO:
            self._ended = True
            return 0
        return super()._read_failed(error)

    def _remove_link(self) -> None:
        link, self._link = self._link, None
        # It may be somebody else's by now.
        if link is not None and link.is_symlink() and str(link.readlink()) == self.slave:
            link.unlink(missing_ok=True)


def _make_link(slave: str, link: str | os.PathLike[str]) -> Path:
    path = Path(link)
    try:
        path.symlink_to(slave)
    except OSError as error:
        message = f"the link {path} to {slave} cannot be made: {explain(error)}"
        raise ConnectError(message) from error
    return path


def _check_program(name: str, cwd: str | os.PathLike[str] | None, env: Mapping[str, str] | None) -> None:
    """Raise what the shell would only write on the terminal."""
    path = (os.environ if env is None else env).get("PATH")
    place = os.path.join(cwd or "", name) if "/" in name else name  # noqa: PTH118 - str in, str out
    if shutil.which(place, path=path) is None:
        message = f"{name} cannot be run: no such program, or no permission to: check the name"
        raise ConnectError(message)
