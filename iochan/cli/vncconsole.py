"""``iochan vnc console``: a device as a screen for viewers, beside all other ways to it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import click

from iochan.aio import AsyncioLoop, arun, run_async
from iochan.channels.pair import memory_pair
from iochan.chardev.entrance import Entrance
from iochan.chardev.escape import parse_key
from iochan.chardev.options import ChardevStore
from iochan.chardev.server import ConsoleServer, ServedConsole
from iochan.chardev.session import Front
from iochan.cli.vncserve import listen_option, security_options, viewers_at
from iochan.core.channel import Channel
from iochan.core.errors import IochanError
from iochan.core.op import Op
from iochan.core.task import Task
from iochan.objects import ObjectStore
from iochan.telnet.ends import telnet_client, telnet_server

if TYPE_CHECKING:
    from iochan.chardev.hub import Hub
    from iochan.core.loop import Loop
    from iochan.vnc.security import Security

__all__ = ["console", "take_seat"]

_log = logging.getLogger("iochan.vnc")
_SIZE = re.compile(r"([1-9][0-9]{0,2})x([1-9][0-9]{0,2})", re.ASCII)


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan vnc console --chardev pty,id=sh,command='/bin/bash -i' --listen tcp://127.0.0.1:5900\n"
    "  iochan vnc console --chardev serial,id=s0,path=/dev/ttyS0,logfile=s0.log \\\n"
    "    --listen ws://127.0.0.1:5700 --also-listen telnet+tcp://127.0.0.1:2323"
)
@click.option("--chardev", required=True, metavar="KIND,id=ID,KEY=VALUE…",
              help="The device, as for iochan chardev serve.")  # fmt: skip
@listen_option
@click.option("--also-listen", "others", multiple=True, metavar="ADDRESS",
              help="Where others come to the same device without a viewer; repeatable.")  # fmt: skip
@security_options
@click.option("--size", default="80x25", show_default=True, metavar="COLUMNSxROWS",
              help="Of the terminal, until a viewer wishes another size.")  # fmt: skip
@click.option("--escape", default="^A", show_default=True, metavar="KEY",
              help="The key before a command to the console, such as to take the turn; or none.")  # fmt: skip
def console(
    chardev: str,
    addresses: tuple[str, ...],
    others: tuple[str, ...],
    store: ObjectStore,
    security: Security,
    size: str,
    escape: str,
) -> None:
    """Show a device as a terminal to VNC viewers, until SIGINT or SIGTERM, or until it has ended for ever.

    All viewers see one screen, and type at one keyboard: to the others they are one client. Dragging marks
    text for their clipboard, the middle button or Shift+Insert types theirs. A viewer that changes the
    desktop's size changes the terminal's.
    """
    from iochan.vnc.console.desktop import ConsoleDesktop  # noqa: PLC0415 - the extra
    from iochan.vnc.server import VncServer  # noqa: PLC0415

    rows, columns = _read_size(size)
    key = parse_key(escape)
    devices = ChardevStore()
    devices.add(chardev)
    ((name, backend),) = devices.backends.items()

    async def main() -> None:
        loop = AsyncioLoop()
        server = ConsoleServer(loop, store)
        try:
            served = await server.open(name, backend, ())
            # The screen is there before all others, so that its viewers may write first.
            channel = take_seat(loop, served.hub, key)
            desktop = ConsoleDesktop(channel, rows=rows, columns=columns)
            Task(loop, desktop.run_op(), _note_end)
            await server.set_entrances_of(served, tuple(map(Entrance, others)))
            _tell(served)
            vnc = VncServer(desktop.screen.framebuffer, desktop, security=security, name=name)
            async with viewers_at(vnc, addresses, store) as signals:
                server.ended = signals.poke
                if not served.hub.over:
                    await arun(signals.next_op())
                desktop.end()
        finally:
            await server.close_all()

    run_async(main)


def _read_size(text: str) -> tuple[int, int]:
    """Return the rows and columns of *text*."""
    match = _SIZE.fullmatch(text)
    if match is None:
        message = f"--size {text}: write COLUMNSxROWS, such as 80x25"
        raise click.UsageError(message)
    return int(match[2]), int(match[1])


def _tell(served: ServedConsole) -> None:
    """Say where others come to the device."""
    for door in served.doors:
        for address in door.addresses:
            click.echo(f"also listening on {address}", err=True)


def _note_end(task: Task[None]) -> None:
    try:
        task.result()
    except (IochanError, OSError) as error:
        _log.warning("the screen ended: %s", error)


def take_seat(loop: Loop, hub: Hub, escape: int | None = None) -> Channel:
    """Join *hub* as one more client, and return the channel with what its device sends.

    *escape* begins a command to the hub, such as to take the turn to write; None for no such thing. Telnet
    lies between, so that the size of the terminal can pass beside the bytes.
    """
    near, far = memory_pair()
    inside, outside = telnet_server(far), telnet_client(near)

    def attend_op() -> Op[None]:
        yield from inside.handshake_op(None)
        yield from hub.serve_op(inside, Front(escape=escape))

    Task(loop, attend_op(), _note_end)
    return outside
