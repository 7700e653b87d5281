"""``iochan chardev``: consoles for many people at once."""

from __future__ import annotations

import click

from iochan.cli.chardevserve import serve

__all__ = ["chardev"]


@click.group()
def chardev() -> None:
    """Character devices: serve one to many people, connect to it, and replay what happened."""


chardev.add_command(serve)
