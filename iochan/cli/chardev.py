"""``iochan chardev``: consoles for many people at once."""

from __future__ import annotations

import click

from iochan.cli.chardevconnect import connect_command
from iochan.cli.chardevlist import list_command
from iochan.cli.chardevrecord import log, replay
from iochan.cli.chardevserve import serve

__all__ = ["chardev"]


@click.group()
def chardev() -> None:
    """Character devices: serve one to many people, connect to it, and replay what happened."""


chardev.add_command(serve)
chardev.add_command(connect_command)
chardev.add_command(list_command)
chardev.add_command(log)
chardev.add_command(replay)
