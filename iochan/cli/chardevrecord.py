"""``iochan chardev log`` and ``replay``: what happened on a console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from iochan.channels.stdio import StdioChannel
from iochan.chardev.castfile import CastFile
from iochan.chardev.logfile import SENT, TYPED, Stamper
from iochan.chardev.replay import replay_op, step_op
from iochan.core.op import run

__all__ = ["log", "replay"]

_CONTROLS = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])|[\x00-\x08\x0b-\x1f\x7f]"
)
"""Escape sequences (ECMA-48) and control characters but tab and newline."""


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--speed", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
              help="How many times as fast.")  # fmt: skip
@click.option("--fast", is_flag=True, help="Do not wait at all.")
@click.option("--step", is_flag=True, help="One event for each key; q ends it.")
@click.option("--idle", type=click.FloatRange(0), metavar="SECONDS", help="What a pause takes at most.")
def replay(path: str, speed: float, fast: bool, step: bool, idle: float | None) -> None:
    """Show the asciicast FILE, byte for byte as it was, at the pace at which it happened."""
    if fast and step:
        message = "both --fast and --step: leave one"
        raise click.UsageError(message)
    with Path(path).open("rb") as file, StdioChannel(raw=step) as terminal:
        cast = CastFile(file)
        if step:
            run(step_op(cast, terminal, terminal))
        else:
            run(replay_op(cast, terminal, speed=0 if fast else speed, idle=idle))
    if cast.cut:
        click.echo(f"{path}: its last line is cut off: the recording was not ended", err=True)


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--sent", "what", flag_value="sent", help="Only what the device sent.")
@click.option("--typed", "what", flag_value="typed", help="Only what was typed.")
@click.option("--raw", is_flag=True, help="Leave escape sequences and control characters in.")
def log(path: str, what: str | None, raw: bool) -> None:
    """Print the log or asciicast FILE as lines to read.

    Of an asciicast, and of a log with times, each line begins with its time and with < for what the device
    sent or > for what was typed.
    """
    wanted = {"sent": b"<", "typed": b">"}.get(what or "")
    with Path(path).open("rb") as file:
        first = file.read(1)
        file.seek(0)
        for line in _cast_lines(file) if first == b"{" else file:
            if wanted is not None and line[24:27].strip() != wanted:
                continue
            click.echo(line if raw else _CONTROLS.sub(b"", line), nl=False)


def _cast_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of an asciicast as a log has them."""
    cast = CastFile(file)
    start = cast.header.get("timestamp")
    begun = float(start) if isinstance(start, int | float) and 0 <= start < 1 << 34 else 0.0
    stamper = Stamper()
    rest = b""
    for event in cast:
        source = {"o": SENT, "i": TYPED}.get(event.code)
        if source is not None:
            rest += stamper.feed(event.data, source, begun + event.seconds)
            *lines, rest = rest.split(b"\n")
            yield from (line + b"\n" for line in lines)
    if rest:
        yield rest + b"\n"
