"""``iochan cat``: standard input and output to any address."""

from __future__ import annotations

import click

from iochan.channels.stdio import StdioChannel
from iochan.cli.options import make_store, object_option
from iochan.core.channel import Channel
from iochan.core.opening import connect
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.relay import Traffic, pump_op

__all__ = ["cat"]


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan cat tcp://127.0.0.1:25\n"
    "  iochan cat 'tls+tcp://example.org:443?tls.creds=c&tls.hostname=example.org' \\\n"
    "    --object tls-creds-x509,id=c,endpoint=client,dir=pki < request"
)
@click.argument("address", metavar="ADDRESS")
@object_option
@click.option("--raw", is_flag=True, help="Put the terminal into raw mode: for a remote console.")
@click.option("--timeout", type=click.FloatRange(0), default=30.0, show_default=True, metavar="SECONDS",
              help="For the connection, its handshakes included.")  # fmt: skip
def cat(address: str, objects: tuple[str, ...], raw: bool, timeout: float) -> None:
    """Send standard input to ADDRESS, and print what comes from it.

    The end of standard input is passed on where ADDRESS can end one direction alone; the command
    ends when ADDRESS does.
    """
    remote = connect(address, objects=make_store(objects), timeout=timeout)
    with remote, StdioChannel(raw=raw) as local:
        join(local, remote)


def join(local: Channel, remote: Channel) -> None:
    """Pump both ways until *remote* ends."""
    loop = PollLoop()
    forward: Task[None] = Task(loop, pump_op(local, remote, Traffic()), lambda task: _failed(task, loop))
    backward: Task[None] = Task(loop, pump_op(remote, local, Traffic()), lambda _: loop.stop())
    loop.run()
    if backward.finished:
        backward.result()
    if forward.finished:
        forward.result()
    else:
        forward.cancel()


def _failed(task: Task[None], loop: PollLoop) -> None:
    """Stop when sending failed; the end of the input alone stops nothing."""
    try:
        task.result()
    except Exception:  # noqa: BLE001 - raised again by the caller
        loop.stop()
