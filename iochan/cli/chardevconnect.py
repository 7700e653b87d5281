"""``iochan chardev connect``: an interactive terminal for a console."""

from __future__ import annotations

import os
import signal
import sys

import click

from iochan.channels.stdio import StdioChannel
from iochan.chardev.cast import CastWriter
from iochan.chardev.escape import EscapeFilter, parse_key, show_key
from iochan.cli.options import make_store, object_option
from iochan.cli.signals import SignalPipe
from iochan.core.channel import Channel
from iochan.core.errors import IochanError, UnsupportedFeature
from iochan.core.op import Op
from iochan.core.opening import connect
from iochan.core.pollloop import PollLoop
from iochan.core.sideband import SEND_BREAK, SET_WINDOW_SIZE
from iochan.core.task import Task

__all__ = ["connect_command"]


@click.command(
    "connect",
    epilog="\b\nExamples:\n"
    "  iochan chardev connect unix:///run/sh\n"
    "  iochan chardev connect 'tls+tcp://lab:7000?tls.creds=c&tls.hostname=lab' \\\n"
    "    --object tls-creds-x509,id=c,endpoint=client,dir=pki",
)
@click.argument("address", metavar="ADDRESS")
@object_option
@click.option("--escape", default="^]", show_default=True, metavar="KEY",
              help="The key before q (quit), b (break) or itself; none passes every byte.")  # fmt: skip
@click.option("--record", metavar="FILE", help="Keep an asciicast of what is shown.")
@click.option("--timeout", type=click.FloatRange(0), default=30.0, show_default=True, metavar="SECONDS",
              help="For the connection, its handshakes included.")  # fmt: skip
def connect_command(
    address: str, objects: tuple[str, ...], escape: str, record: str | None, timeout: float
) -> None:
    """Join this terminal with the console at ADDRESS, until it ends or the escape key and q are typed.

    Where the standard input is no terminal, its end is passed on where ADDRESS can end one direction alone.
    """
    key = parse_key(escape) if sys.stdin.isatty() else None
    remote = connect(address, objects=make_store(objects), timeout=timeout)
    if key is not None:
        click.echo(f"connected to {address}; {show_key(key)} q quits\r", err=True)
    cast = None if record is None else CastWriter(record, title=address)
    try:
        with remote, StdioChannel(raw=True) as local, SignalPipe(signal.SIGWINCH) as signals:
            _Joined(local, remote, EscapeFilter(key), cast, signals).run()
    finally:
        if cast is not None:
            cast.close()


class _Joined:
    """A terminal and a console, joined."""

    def __init__(
        self,
        local: Channel,
        remote: Channel,
        escape: EscapeFilter,
        cast: CastWriter | None,
        signals: SignalPipe,
    ) -> None:
        self._local = local
        self._remote = remote
        self._escape = escape
        self._cast = cast
        self._signals = signals
        self._loop = PollLoop()

    def run(self) -> None:
        """Pass everything on both ways until the console ends, or the user wants to."""
        show: Task[None] = Task(self._loop, self._show_op(), lambda _: self._loop.stop())
        typing: Task[bool] = Task(self._loop, self._type_op(), self._typed)
        size: Task[None] = Task(self._loop, self._watch_size_op())
        self._loop.run()
        size.cancel()
        if show.finished:
            typing.cancel()
            show.result()
        else:
            show.cancel()
            typing.result()

    def _typed(self, task: Task[bool]) -> None:
        """Stop when the user wants to leave, or when nothing can be sent any more."""
        try:
            leaving = task.result()
        except UnsupportedFeature:
            return  # the console goes on without the end of the input
        except (IochanError, OSError):
            leaving = True
        if leaving:
            self._loop.stop()

    def _show_op(self) -> Op[None]:
        while data := (yield from self._remote.read_op()):
            if self._cast is not None:
                self._cast.output(data)
            yield from self._local.write_all_op(data)

    def _type_op(self) -> Op[bool]:
        """Return whether the user wants to leave."""
        while data := (yield from self._local.read_op()):
            for item in self._escape.feed(data):
                if not isinstance(item, int):
                    yield from self._remote.write_all_op(item)
                elif chr(item).lower() in "q.x":
                    return True
                elif chr(item).lower() == "b":
                    self._break()
        yield from self._remote.write_eof_op()
        return False

    def _watch_size_op(self) -> Op[None]:
        while True:
            yield from self._signals.next_op()
            self._tell_size()

    def _tell_size(self) -> None:
        try:
            columns, rows = os.get_terminal_size(sys.stdin.fileno())
        except OSError:
            return
        tell = self._remote.extra(SET_WINDOW_SIZE, None)
        if tell is not None:
            tell(rows, columns)
        if self._cast is not None:
            self._cast.resize(rows, columns)

    def _break(self) -> None:
        send = self._remote.extra(SEND_BREAK, None)
        if send is not None:
            Task(self._loop, send())
