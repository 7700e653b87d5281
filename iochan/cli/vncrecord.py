"""``iochan vnc record``: what a VNC server shows, on a tape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from iochan.cli.options import make_store, object_option
from iochan.cli.signals import StopSignals
from iochan.cli.vnctarget import make_target, target_options
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import HANDSHAKE_SECONDS, Channel
from iochan.core.op import Op, run, within
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task

if TYPE_CHECKING:
    from iochan.vnc.login import Credentials

__all__ = ["record"]


@click.command(epilog="\b\nExample:\n  iochan vnc record tcp://127.0.0.1:5900 desktop.tape")
@click.argument("address", metavar="ADDRESS")
@click.argument("tape", metavar="TAPE")
@object_option
@target_options()
@click.option("--seconds", type=click.FloatRange(0), metavar="SECONDS", help="Stop after so long.")
def record(
    address: str, tape: str, objects: tuple[str, ...], proof: Mapping[str, str], seconds: float | None
) -> None:
    """Record what the VNC server at ADDRESS shows on TAPE, until it ends, or SIGINT or SIGTERM comes.

    iochan vnc replay shows it to viewers.
    """
    from iochan.vnc.tokens import Entry  # noqa: PLC0415 - the command line works without the extra

    target = make_target(Entry(address, proof), make_store(objects), address)
    loop = PollLoop()
    with run(target.dial()) as channel:
        watching = Task(loop, _watch_op(channel, tape, target.credentials), lambda _: loop.stop())
        with StopSignals(loop, lambda _: loop.stop()):
            if seconds is not None:
                Task(loop, _sleep_op(seconds), lambda _: loop.stop())
            loop.run()
        if watching.finished:
            watching.result()
        else:
            watching.cancel()
    click.echo(f"{tape}: what {address} showed", err=True)


def _watch_op(channel: Channel, tape: str, credentials: Credentials) -> Op[None]:
    """Look at all that the server on *channel* shows until it ends; only the login is not on *tape*."""
    from iochan.vnc.client import ENCODINGS, VncClient  # noqa: PLC0415
    from iochan.vnc.login import begin_op, prove_op  # noqa: PLC0415
    from iochan.vnc.pixelformat import RGB888  # noqa: PLC0415
    from iochan.vnc.servermessage import Update  # noqa: PLC0415

    channel, security = yield from within(prove_op(channel, credentials), HANDSHAKE_SECONDS, "the login")
    taped = channel.layer("record", path=tape, strict=True)
    try:
        client = VncClient((yield from begin_op(taped, security, shared=True)), RGB888, ENCODINGS)
        yield from client.screenshot_op()
        yield from client.request_op()
        while (event := (yield from client.receive_op())) is not None:
            if isinstance(event, Update):
                yield from client.request_op(incremental=not event.resized)
    finally:
        taped.abort()


def _sleep_op(seconds: float) -> Op[None]:
    yield Blocked(deadline=clock.now() + seconds)
