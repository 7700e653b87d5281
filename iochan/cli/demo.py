"""``iochan demo``: a shell served as a console, and every stack measured."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path

import click
from rich.console import Console

from iochan import aio
from iochan.cli.democonsole import serve_console, show_console
from iochan.cli.measure import STACKS, Figure, Pki
from iochan.cli.options import json_option
from iochan.cli.perf import figures, table
from iochan.tls.pki import init_directory

__all__ = ["demo"]

_SECONDS = 0.2


@click.command(epilog="\b\nExamples:\n  iochan demo\n  iochan demo --serve")
@click.option("--serve", is_flag=True, help="Keep serving the shell, and print commands to reach it.")
@click.option("-o", "--output", default="demo.png", show_default=True, metavar="FILE",
              type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help="Where the picture of the shell's screen goes.")  # fmt: skip
@json_option
def demo(serve: bool, output: Path, as_json: bool) -> None:
    """Serve a shell as a console, reach it in every way, and move data through every stack.

    It is reached over TLS with verification, over telnet in TLS, and over a WebSocket in TLS, beside
    which there is a page for a browser. VNC viewers see it as a screen, by X509Vnc and over a WebSocket in
    TLS: two of them are compared pixel by pixel, and what they see is kept as a picture.

    Makes a throw-away certificate authority. Exits with status 0 only if the shell answered and
    every stack moved its bytes unharmed.
    """
    console = Console(quiet=as_json, highlight=False)
    with tempfile.TemporaryDirectory(prefix="iochan-") as directory:
        pki = Pki(str(Path(directory, "pki")))
        init_directory(Path(pki.directory))
        if serve:
            aio.run_async(serve_console, pki, console)
            return
        answered = aio.run_async(show_console, pki, console, output.absolute())
        console.print("\nEvery stack, blocking and on asyncio, beside plain sockets:")
        rows = list(figures(tuple(STACKS), pki, directory, _SECONDS))
        console.print(table(rows))
        _report(rows, as_json=as_json, answered=answered, output=output)
        if not answered or any(row.error for row in rows):
            raise click.exceptions.Exit(1)
        console.print("Every line moved its bytes unharmed.")


def _report(rows: list[Figure], *, as_json: bool, answered: bool, output: Path) -> None:
    if as_json:
        stacks = [dataclasses.asdict(row) for row in rows]
        told = {"shell_answered": answered, "picture": str(output.absolute()), "stacks": stacks}
        click.echo(json.dumps(told, indent=2))
