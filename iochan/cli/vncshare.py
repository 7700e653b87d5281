"""``iochan vnc share``: one server for many viewers, of whom one at a time acts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from iochan.aio import AsyncioLoop, arun, run_async
from iochan.cli.vncserve import listen_option, security_options, viewers_at
from iochan.cli.vnctarget import make_target, target_options
from iochan.core.task import Task
from iochan.objects import ObjectStore

if TYPE_CHECKING:
    from iochan.vnc.security import Security

__all__ = ["share"]


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan vnc share tcp://vm1:5900 --listen unix:/run/vm1 --listen ws://:6080?ws.page=vnc\n"
    "  iochan vnc share tcp://vm1:5900 --target-password-secret pw --object secret,id=pw,file=password \\\n"
    "    --listen tcp://127.0.0.1:5901 --idle 30"
)
@click.argument("target", metavar="ADDRESS")
@listen_option
@target_options("target-")
@click.option("--idle", type=click.FloatRange(0), default=5.0, show_default=True, metavar="SECONDS",
              help="How long who has control must have done nothing before another takes it.")  # fmt: skip
@click.option("--keep", is_flag=True, help="Let who has control keep it until it leaves.")
@security_options
def share(
    target: str,
    addresses: tuple[str, ...],
    proof: Mapping[str, str],
    idle: float,
    keep: bool,
    store: ObjectStore,
    security: Security,
) -> None:
    """Show the VNC server at ADDRESS to many viewers, until SIGINT or SIGTERM.

    All look; the first who presses a key or a button has control until it has done nothing for a while, or
    leaves. The desktop's name tells everybody who that is. A server that goes away is tried again.
    """
    from iochan.vnc.control import Control  # noqa: PLC0415 - the extra
    from iochan.vnc.share import Share  # noqa: PLC0415
    from iochan.vnc.tokens import Entry  # noqa: PLC0415

    where = make_target(Entry(target, proof), store, target)

    async def main() -> None:
        shared = Share(where, security=security, control=Control(math.inf if keep else idle))
        await arun(shared.connect_op())
        showing = Task(AsyncioLoop(), shared.run_op())
        try:
            async with viewers_at(shared.server, addresses, store) as signals:
                await arun(signals.next_op())
        finally:
            showing.cancel()

    run_async(main)
