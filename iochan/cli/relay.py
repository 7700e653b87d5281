"""``iochan relay``: what socat, stunnel and websockify do."""

from __future__ import annotations

import json
import time

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from iochan.address.value import as_count
from iochan.cli.options import json_option, make_store, object_option
from iochan.cli.signals import StopSignals
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.core.opening import connect_op, listen
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.relay import Relay, RelayLimits

__all__ = ["relay"]

_LOOK = 0.25
_GRACE = 10.0


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan relay tcp://127.0.0.1:8080 unix:///run/app\n"
    "  iochan relay 'tls+tcp://:8443?tls.creds=s' tcp://127.0.0.1:8080 \\\n"
    "    --object tls-creds-x509,id=s,endpoint=server,dir=pki,verify-peer=off\n"
    "  iochan relay --once stdio: 'exec:ssh host nc localhost 22'"
)
@click.argument("listen_address", metavar="LISTEN")
@click.argument("connect_address", metavar="CONNECT")
@object_option
@click.option("--once", is_flag=True, help="Serve one connection, then end; its failure is the exit status.")
@click.option(
    "--record", metavar="FILE", help="Tape both directions; later connections go to FILE.2, FILE.3, …"
)
@click.option("--throttle", metavar="RATE", help="Bytes a second each way, such as 100K or 2M.")
@click.option("--max-connections", type=click.IntRange(1), default=1000, show_default=True,
              help="More clients wait in the kernel's queue.")  # fmt: skip
@click.option("--connect-timeout", type=click.FloatRange(0), default=30.0, show_default=True,
              metavar="SECONDS",
              help="For each connection to CONNECT, its handshakes included.")  # fmt: skip
@click.option("--handshake-timeout", type=click.FloatRange(0), default=10.0, show_default=True,
              metavar="SECONDS", help="For the handshakes of each client.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@json_option
def relay(
    listen_address: str,
    connect_address: str,
    objects: tuple[str, ...],
    once: bool,
    record: str | None,
    throttle: str | None,
    max_connections: int,
    connect_timeout: float,
    handshake_timeout: float,
    quiet: bool,
    as_json: bool,
) -> None:
    """Join everyone who comes to LISTEN with a connection of their own to CONNECT.

    Both are addresses of any kind. Each direction is ended when its source ends (half close), a slow
    reader slows its writer down, and SIGINT or SIGTERM stops accepting, lets connections finish for
    ten seconds, and then ends them; a second signal ends them at once.
    """
    store = make_store(objects)
    rate = None if throttle is None else as_count("--throttle", throttle, 1)

    def dial(client: Channel) -> Op[tuple[Channel, Channel]]:
        return client, (yield from connect_op(connect_address, objects=store, timeout=None))

    connect_op(
        connect_address, objects=store
    ).close()  # what is wrong in CONNECT is told now, not to the first client
    listener = listen(listen_address, objects=store)
    limits = RelayLimits(
        connections=max_connections,
        handshake=handshake_timeout,
        connect=connect_timeout,
        once=once or listener.single,
    )
    loop = PollLoop()
    service = Relay(loop, listener, dial, wrap=_Wrap(record, rate), limits=limits)
    console = Console(stderr=True, quiet=quiet or as_json, highlight=False)
    started = time.monotonic()
    _run(loop, service, console, listener.addresses)
    _report(service, time.monotonic() - started, console, as_json=as_json)
    if limits.once and service.last_error is not None:
        raise click.ClickException(str(service.last_error)) from service.last_error


class _Wrap:
    """Puts the record and the throttle on a client's channel."""

    def __init__(self, record: str | None, rate: int | None) -> None:
        self._record = record
        self._rate = rate
        self._count = 0

    def __call__(self, channel: Channel) -> Channel:
        self._count += 1
        if self._record is not None:
            path = self._record if self._count == 1 else f"{self._record}.{self._count}"
            channel = channel.layer("record", path=path, strict=True)
        if self._rate is not None:
            channel = channel.layer("throttle", rate=self._rate)
        return channel


def _run(loop: PollLoop, service: Relay, console: Console, addresses: tuple[str, ...]) -> None:
    """Say where it listens, and turn *loop* until the service has nothing left to do."""

    def stop(before: int) -> None:
        if before:
            service.abort()
        else:
            service.stop()
            Task(loop, _give_up_op(service))

    with StopSignals(loop, stop) as signals:
        service.on_done = signals.forget
        # Said only now: whoever reads it may send a signal at once.
        for address in addresses:
            console.print(f"listening on {address}", soft_wrap=True, markup=False)
        if not console.is_terminal or console.quiet:
            loop.run()
            return
        with Live(console=console, refresh_per_second=1 / _LOOK, transient=True) as live:
            Task(loop, _show_op(service, live))
            loop.run()


def _show_op(service: Relay, live: Live) -> Op[None]:
    before, then = 0, clock.now()
    while not service.done:
        yield Blocked(deadline=clock.now() + _LOOK)
        total, now = service.forward.count + service.backward.count, clock.now()
        rate = (total - before) / max(now - then, 1e-6)
        before, then = total, now
        live.update(Text(f"{service.active} connections, {_size(total)} moved, {_size(rate)}/s"))


def _give_up_op(service: Relay) -> Op[None]:
    end = clock.now() + _GRACE
    while not service.done and clock.now() < end:
        yield Blocked(deadline=min(end, clock.now() + _LOOK))
    service.abort()


def _report(service: Relay, seconds: float, console: Console, *, as_json: bool) -> None:
    if as_json:
        result = {
            "connections": service.accepted,
            "failed": service.failed,
            "bytes_forward": service.forward.count,
            "bytes_backward": service.backward.count,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(result))
        return
    console.print(
        f"{service.accepted} connections, {service.failed} failed; {_size(service.forward.count)} forward, "
        f"{_size(service.backward.count)} back in {seconds:.1f} s"
    )


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
