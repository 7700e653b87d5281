"""``iochan vnc``: a desktop to look at, and a look at one."""

from __future__ import annotations

import click

from iochan.cli.vncconsole import console
from iochan.cli.vncgateway import gateway
from iochan.cli.vncrecord import record
from iochan.cli.vncreplay import replay
from iochan.cli.vncscreenshot import screenshot
from iochan.cli.vncshare import share
from iochan.cli.vnctestcard import testcard

__all__ = ["vnc"]


@click.group()
def vnc() -> None:
    """Serve and see desktops over VNC (RFB)."""


vnc.add_command(console)
vnc.add_command(gateway)
vnc.add_command(record)
vnc.add_command(replay)
vnc.add_command(screenshot)
vnc.add_command(share)
vnc.add_command(testcard)
