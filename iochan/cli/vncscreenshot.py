"""``iochan vnc screenshot``: what a VNC server shows, as a picture."""

from __future__ import annotations

import click

from iochan.cli.options import make_store, object_option
from iochan.core.opening import connect
from iochan.secret.value import Secret

__all__ = ["screenshot"]


@click.command(epilog="\b\nExample:\n  iochan vnc screenshot tcp://127.0.0.1:5900 -o screen.png")
@click.argument("address", metavar="ADDRESS")
@object_option
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, writable=True), metavar="FILE",
              help="Where the picture goes; its ending says what kind it is.")  # fmt: skip
@click.option("--password-secret", metavar="ID", help="The object of type secret with the password.")
@click.option("--timeout", type=click.FloatRange(0), default=30.0, show_default=True, metavar="SECONDS",
              help="For the picture, once the server has been reached.")  # fmt: skip
def screenshot(
    address: str, objects: tuple[str, ...], output: str, password_secret: str | None, timeout: float
) -> None:
    """Write what the VNC server at ADDRESS shows into a picture, its pointer left out."""
    from PIL import Image  # noqa: PLC0415 - the command line works without the extra

    from iochan.vnc.client import VncClient  # noqa: PLC0415
    from iochan.vnc.login import Credentials  # noqa: PLC0415

    store = make_store(objects)
    password = None if password_secret is None else store.get(password_secret, Secret)
    with VncClient.connect(connect(address, objects=store), Credentials(password)) as client:
        picture = Image.fromarray(client.screenshot(timeout))
    picture.save(output)
    click.echo(f"{output}: {picture.width} by {picture.height} pixels")
