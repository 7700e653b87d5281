"""The command's frame: subcommands, and errors on one line."""

from __future__ import annotations

import logging
from typing import IO, Any

import click
from typing_extensions import override

from iochan.cli.cat import cat
from iochan.cli.cipher import cipher
from iochan.cli.creds import creds
from iochan.cli.crypto import crypto
from iochan.cli.demo import demo
from iochan.cli.hash import hash_command
from iochan.cli.kdf import kdf
from iochan.cli.luks import luks
from iochan.cli.perf import perf
from iochan.cli.relay import relay
from iochan.cli.secret import secret
from iochan.cli.tls import tls
from iochan.cli.vnc import vnc
from iochan.core.errors import IochanError

__all__ = ["main"]


class _Failure(click.ClickException):
    """An error that the user can do something about: one line, no traceback, exit status 1."""

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        text = " ".join(self.message.split())
        click.echo(f"iochan: {text}", err=True, file=file)


class _Commands(click.Group):
    """Subcommands whose expected errors become one line."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (IochanError, OSError) as error:
            raise _Failure(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="iochan", prog_name="iochan")
@click.option("-v", "--verbose", count=True, help="Log more to standard error; twice for every detail.")
def main(verbose: int) -> None:
    """Byte streams of any kind, joined, protected and measured.

    Addresses are stacks, the top layer first: tcp://host:port, tls+tcp://host:port?tls.creds=ID,
    unix:///path, exec:command, file:///path, pty:, stdio:, and more (see the documentation).
    """
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(level=level, format="iochan: %(message)s")


main.add_command(cat)
main.add_command(creds)
main.add_command(demo)
main.add_command(cipher)
main.add_command(crypto)
main.add_command(hash_command)
main.add_command(kdf)
main.add_command(luks)
main.add_command(perf)
main.add_command(relay)
main.add_command(secret)
main.add_command(tls)
main.add_command(vnc)
