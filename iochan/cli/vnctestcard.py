"""``iochan vnc testcard``: a desktop whose every pixel is known, for trying viewers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from iochan.cli.options import make_store, object_option
from iochan.cli.signals import StopSignals
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.errors import IochanError, ServedInstead
from iochan.core.listener import Listener
from iochan.core.op import Op
from iochan.core.opening import listen
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.secret.value import Secret

if TYPE_CHECKING:
    from iochan.vnc.server import VncServer

__all__ = ["testcard"]

_log = logging.getLogger("iochan.vnc")
_MOST_VIEWERS = 100
_PAUSE = 0.1


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan vnc testcard --listen tcp://127.0.0.1:5900\n"
    "  iochan vnc testcard --listen unix:/run/card --listen ws://127.0.0.1:5700 --size 800x600"
)
@click.option("--listen", "addresses", multiple=True, required=True, metavar="ADDRESS",
              help="Where viewers come; repeatable.")  # fmt: skip
@object_option
@click.option("--size", default="640x480", show_default=True, metavar="WxH", help="Of the desktop.")
@click.option("--password-secret", metavar="ID", help="Ask viewers for the password in this secret.")
def testcard(
    addresses: tuple[str, ...], objects: tuple[str, ...], size: str, password_secret: str | None
) -> None:
    """Show a picture whose every pixel is known to VNC viewers, until SIGINT or SIGTERM."""
    from iochan.vnc.framebuffer import Framebuffer  # noqa: PLC0415 - the command line works without the extra
    from iochan.vnc.security import Passwords, Security  # noqa: PLC0415
    from iochan.vnc.server import VncServer  # noqa: PLC0415
    from iochan.vnc.testcard import card_cursor, draw_testcard  # noqa: PLC0415

    store = make_store(objects)
    passwords = None if password_secret is None else Passwords(store.get(password_secret, Secret))
    try:
        width, height = (int(part) for part in size.split("x"))
        framebuffer = Framebuffer(width, height)
    except ValueError as error:
        message = f"--size {size}: {error}"
        raise click.UsageError(message) from error
    draw_testcard(framebuffer)
    framebuffer.set_cursor(card_cursor())
    server = VncServer(framebuffer, name="iochan testcard", security=Security(passwords))
    listeners = [listen(address, objects=store) for address in addresses]
    _Door(server, listeners).run()


class _Door:
    """Lets viewers in from several listeners, until a signal comes."""

    def __init__(self, server: VncServer, listeners: list[Listener]) -> None:
        self._loop = PollLoop()
        self._server = server
        self._listeners = listeners
        self._viewers: set[Task[None]] = set()
        self._stopping = False
        self._acceptors = [Task(self._loop, self._accept_op(listener)) for listener in listeners]
        self._signals = StopSignals(self._loop, self._stop)

    def run(self) -> None:
        """Serve until it is told to stop, and everybody is gone."""
        with self._signals:
            for listener in self._listeners:
                for address in listener.addresses:
                    click.echo(f"listening on {address}", err=True)
            self._loop.run()

    def _stop(self, before: int) -> None:
        """Send the viewers away in order; at the second signal, at once."""
        self._stopping = True
        for task in self._acceptors:
            task.cancel()
        for listener in self._listeners:
            listener.close()
        self._server.end_sessions("the server stops")
        if before:
            for task in tuple(self._viewers):
                task.cancel()
        self._look_done()

    def _accept_op(self, listener: Listener) -> Op[None]:
        while True:
            try:
                channel = yield from listener.accept_op()
            except OSError as error:
                # Out of descriptors or memory: viewers wait in the kernel's queue meanwhile.
                _log.warning("cannot accept now: %s; trying again", error)
                yield Blocked(deadline=clock.now() + _PAUSE)
                continue
            self._viewers.add(Task(self._loop, self._server.serve_op(channel), self._gone))
            if len(self._viewers) >= _MOST_VIEWERS:
                listener.pause()

    def _gone(self, task: Task[None]) -> None:
        self._viewers.discard(task)
        try:
            task.result()
        except ServedInstead as error:
            _log.info("%s", error)
        except (IochanError, OSError) as error:
            _log.warning("a viewer's connection ended: %s", error)
        if self._stopping:
            self._look_done()
        else:
            for listener in self._listeners:
                listener.resume()

    def _look_done(self) -> None:
        if not self._viewers:
            self._signals.forget()
