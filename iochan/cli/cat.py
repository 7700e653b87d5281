"""``iochan cat``: standard input and output to any address."""

from __future__ import annotations

import click

from iochan.channels.stdio import StdioChannel
from iochan.cli.options import make_store, object_option
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.facts import EXIT_STATUS
from iochan.core.feature import Feature
from iochan.core.op import Op
from iochan.core.opening import connect
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.relay import Traffic, pump_op

__all__ = ["cat"]

LINGER_SECONDS = 1.0
"""How long an answer may come after the end of the input where that cannot be passed on."""


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
@click.option("--linger", type=click.FloatRange(0), metavar="SECONDS",
              help="Close when so long after the end of standard input nothing comes any more.  "
              "[default: 1 where ADDRESS cannot end one direction alone, as a WebSocket]")  # fmt: skip
def cat(address: str, objects: tuple[str, ...], raw: bool, timeout: float, linger: float | None) -> None:
    """Send standard input to ADDRESS, and print what comes from it.

    The end of standard input is passed on where ADDRESS can end one direction alone; the command
    ends when ADDRESS does, or after --linger.  The exit status is that of a program behind ADDRESS
    that ended by itself, 128 and the number of the signal where one killed it.
    """
    remote = connect(address, objects=make_store(objects), timeout=timeout)
    with remote, StdioChannel(raw=raw) as local:
        ended = join(local, remote, linger)
    status = remote.extra(EXIT_STATUS, None)
    if ended and status:
        raise SystemExit(status if status > 0 else 128 - status)


def join(local: Channel, remote: Channel, linger: float | None = None) -> bool:
    """Pump both ways until *remote* ends, or is silent for *linger* seconds once *local* has ended.

    Returns whether *remote* ended.
    """
    if linger is None and Feature.HALF_CLOSE not in remote.features:
        linger = LINGER_SECONDS
    loop = PollLoop()
    silence = _Silence()

    def sent(task: Task[None]) -> None:
        if _failed(task):
            loop.stop()
        elif linger is not None:
            Task(loop, silence.last_op(linger), lambda _: loop.stop())

    forward: Task[None] = Task(loop, pump_op(local, remote, Traffic()), sent)
    backward: Task[None] = Task(loop, pump_op(remote, local, Traffic(silence.end)), lambda _: loop.stop())
    loop.run()
    ended = backward.finished
    for task in (backward, forward):
        if task.finished:
            task.result()
        else:
            task.cancel()
    return ended


class _Silence:
    """How long nothing has come."""

    def __init__(self) -> None:
        self._since = clock.now()

    def end(self, _: int = 0) -> None:
        """Note that bytes came."""
        self._since = clock.now()

    def last_op(self, seconds: float) -> Op[None]:
        """Wait until it has lasted *seconds* from now on."""
        self.end()
        while (end := self._since + seconds) > clock.now():
            yield Blocked(deadline=end)


def _failed(task: Task[None]) -> bool:
    try:
        task.result()
    except Exception:  # noqa: BLE001 - raised again by the caller
        return True
    return False
