"""``iochan vnc testcard``: a desktop whose every pixel is known, for trying viewers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iochan.aio import run_async
from iochan.cli.vncserve import listen_option, security_options, serve_viewers
from iochan.objects import ObjectStore

if TYPE_CHECKING:
    from iochan.vnc.security import Security

__all__ = ["testcard"]


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan vnc testcard --listen tcp://127.0.0.1:5900\n"
    "  iochan vnc testcard --listen unix:/run/card --listen ws://127.0.0.1:5700 --size 800x600"
)
@listen_option
@click.option("--size", default="640x480", show_default=True, metavar="WxH", help="Of the desktop.")
@security_options
def testcard(
    addresses: tuple[str, ...],
    size: str,
    store: ObjectStore,
    security: Security,
) -> None:
    """Show a picture whose every pixel is known to VNC viewers, until SIGINT or SIGTERM."""
    from iochan.vnc.framebuffer import Framebuffer  # noqa: PLC0415 - the command line works without the extra
    from iochan.vnc.server import VncServer  # noqa: PLC0415
    from iochan.vnc.testcard import card_cursor, draw_testcard  # noqa: PLC0415

    try:
        width, height = (int(part) for part in size.split("x"))
        framebuffer = Framebuffer(width, height)
    except ValueError as error:
        message = f"--size {size}: {error}"
        raise click.UsageError(message) from error
    draw_testcard(framebuffer)
    framebuffer.set_cursor(card_cursor())
    server = VncServer(framebuffer, name="iochan testcard", security=security)
    run_async(serve_viewers, server, addresses, store)
