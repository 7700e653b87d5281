"""``iochan vnc replay``: a tape of the gateway shown to viewers."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import click

from iochan.aio import AsyncioLoop, arun, run_async
from iochan.cli.vncserve import listen_option, security_options, viewers_at
from iochan.core.errors import IochanError
from iochan.core.task import Task
from iochan.layers.tapefile import TapeFile
from iochan.objects import ObjectStore

if TYPE_CHECKING:
    from iochan.vnc.security import Security

__all__ = ["replay"]

_log = logging.getLogger("iochan.vnc")


@click.command(
    epilog="\b\nExample:\n  iochan vnc replay tapes/000001.tape --listen tcp://127.0.0.1:5900 --speed 4"
)
@click.argument("tape", metavar="TAPE")
@listen_option
@security_options
@click.option("--speed", type=click.FloatRange(0, min_open=True), metavar="FACTOR",
              help="How many times as fast as it was; by default in its own time.")  # fmt: skip
@click.option("--at-once", is_flag=True, help="Show the last picture only.")
def replay(
    tape: str,
    addresses: tuple[str, ...],
    store: ObjectStore,
    security: Security,
    speed: float | None,
    at_once: bool,
) -> None:
    """Show what a viewer saw, from a tape of iochan vnc gateway, to any viewer, until SIGINT or SIGTERM.

    The last picture stays when the tape has ended.
    """
    from iochan.vnc.playback import Playback  # noqa: PLC0415 - the extra
    from iochan.vnc.server import VncServer  # noqa: PLC0415

    factor = math.inf if at_once else speed or 1.0

    async def main() -> None:
        with TapeFile(tape) as records:
            playback = Playback(records)
            server = VncServer(playback.framebuffer, security=security, name=playback.name)
            async with viewers_at(server, addresses, store) as signals:
                playing = Task(AsyncioLoop(), playback.run_op(factor), _note_end)
                await arun(signals.next_op())
                if not playing.finished:
                    playing.cancel()

    run_async(main)


def _note_end(task: Task[None]) -> None:
    try:
        task.result()
    except IochanError as error:
        _log.warning("the tape is shown no further: %s", error)
