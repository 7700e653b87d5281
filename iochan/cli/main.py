"""The command's frame: subcommands, and errors on one line."""

from __future__ import annotations

import importlib
import logging
import os
from typing import IO, Any, Final

import click
from typing_extensions import override

from iochan.channels.reasons import explain
from iochan.core.errors import IochanError

__all__ = ["main"]


_COMMANDS: Final = {
    "cat": "cat:cat",
    "chardev": "chardev:chardev",
    "cipher": "cipher:cipher",
    "creds": "creds:creds",
    "crypto": "crypto:crypto",
    "demo": "demo:demo",
    "hash": "hash:hash_command",
    "kdf": "kdf:kdf",
    "luks": "luks:luks",
    "perf": "perf:perf",
    "relay": "relay:relay",
    "secret": "secret:secret",
    "tls": "tls:tls",
    "vnc": "vnc:vnc",
}
"""Where each subcommand is: its module is loaded when it is asked for, and not with every other one."""


class _Failure(click.ClickException):
    """An error that the user can do something about: one line, no traceback, exit status 1."""

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        text = " ".join(self.message.split())
        click.echo(f"iochan: {text}", err=True, file=file)


_EXTRAS = {"numpy": "vnc", "PIL": "vnc", "pyte": "vnc", "websockets": "websocket"}
"""What brings a module that a command wants."""


class _Commands(click.Group):
    """The subcommands, whose expected errors become one line."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(f"iochan.cli.{module}"), name)
        return command

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except IochanError as error:
            raise _Failure(str(error)) from error
        except OSError as error:
            raise _Failure(_told(error)) from error
        except ModuleNotFoundError as error:
            extra = _EXTRAS.get((error.name or "").partition(".")[0])
            if extra is None:
                raise
            message = f"{error.name} is not installed: pip install 'iochan[{extra}]'"
            raise _Failure(message) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="iochan", prog_name="iochan")
@click.option("-v", "--verbose", count=True, help="Log more to standard error; twice for every detail.")
def main(verbose: int) -> None:
    """Byte streams of any kind, joined, protected and measured.

    Addresses are stacks, the top layer first: tcp://host:port, tls+tcp://host:port?tls.creds=ID,
    unix:///path, exec:command, file:///path, pty:, stdio:, and more (see the documentation).
    """
    _hold_standard_numbers()
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(level=level, format="iochan: %(message)s")


def _told(error: OSError) -> str:
    """Return *error* with a name, the fact and the cure, where it is the system's own."""
    if not error.errno or error.strerror != os.strerror(error.errno):
        return error.strerror or str(error)
    # Python's files know their names, except for those that were there before it.
    name = "standard input or output" if error.filename is None else os.fsdecode(error.filename)
    return f"{name}: {explain(error)}"


def _hold_standard_numbers() -> None:
    """Put something unusable where a standard descriptor is closed.

    Otherwise the first connection would get its number, and be taken for the standard output.
    """
    for number, wrong_way in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_RDONLY)):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one: those below it are open.
            os.open(os.devnull, wrong_way)
