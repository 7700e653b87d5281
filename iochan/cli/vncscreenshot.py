"""``iochan vnc screenshot``: what a VNC server shows, as a picture."""

from __future__ import annotations

from collections.abc import Mapping

import click

from iochan.cli.options import make_store, object_option
from iochan.cli.vnctarget import make_target, target_options
from iochan.core.op import run

__all__ = ["screenshot"]


@click.command(epilog="\b\nExample:\n  iochan vnc screenshot tcp://127.0.0.1:5900 -o screen.png")
@click.argument("address", metavar="ADDRESS")
@object_option
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, writable=True), metavar="FILE",
              help="Where the picture goes; its ending says what kind it is.")  # fmt: skip
@target_options()
@click.option("--timeout", type=click.FloatRange(0), default=30.0, show_default=True, metavar="SECONDS",
              help="For the picture, once the server has been reached.")  # fmt: skip
def screenshot(
    address: str, objects: tuple[str, ...], output: str, proof: Mapping[str, str], timeout: float
) -> None:
    """Write what the VNC server at ADDRESS shows into a picture, its pointer left out."""
    from PIL import Image  # noqa: PLC0415 - the command line works without the extra

    from iochan.vnc.client import VncClient  # noqa: PLC0415
    from iochan.vnc.tokens import Entry  # noqa: PLC0415

    target = make_target(Entry(address, proof), make_store(objects), address)
    with VncClient.connect(run(target.dial()), target.credentials) as client:
        picture = Image.fromarray(client.screenshot(timeout))
    picture.save(output)
    click.echo(f"{output}: {picture.width} by {picture.height} pixels")
