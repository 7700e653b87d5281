"""``iochan perf``: how fast each stack moves bytes on this machine."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from iochan.cli.measure import STACKS, Figure, Pki, measure_raw, measure_stack
from iochan.cli.options import json_option
from iochan.tls.pki import init_directory

__all__ = ["figures", "perf", "table"]

_MODES = ("blocking", "asyncio")


@click.command(epilog="\b\nExamples:\n  iochan perf\n  iochan perf --seconds 2 --json tcp 'tls over unix'")
@click.argument("stacks", nargs=-1, type=click.Choice(list(STACKS)), metavar="[STACK]…")
@click.option("--seconds", type=click.FloatRange(0.01, 60), default=0.5, show_default=True,
              help="How long each figure is measured.")  # fmt: skip
@json_option
def perf(stacks: tuple[str, ...], seconds: float, as_json: bool) -> None:
    """Send data through each STACK, blocking and on asyncio, beside plain sockets.

    The far end is a process of its own. Exits with status 1 unless every stack moved its bytes
    unharmed.
    """
    with tempfile.TemporaryDirectory(prefix="iochan-") as directory:
        pki = Path(directory, "pki")
        init_directory(pki)
        rows = list(figures(stacks or tuple(STACKS), Pki(str(pki)), directory, seconds))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
    else:
        Console().print(table(rows))
    if any(row.error for row in rows):
        raise click.exceptions.Exit(1)


def figures(stacks: tuple[str, ...], pki: Pki, directory: str, seconds: float) -> Iterator[Figure]:
    """Measure plain sockets, then each of *stacks* in both modes."""
    yield measure_raw(seconds)
    for name in stacks:
        for mode in _MODES:
            path = str(Path(directory, f"{name}-{mode}.sock".replace(" ", "-")))
            yield measure_stack(name, mode, pki, path, seconds)


def table(rows: list[Figure]) -> Table:
    """Return *rows* as a table; ratios are to the first."""
    result = Table("stack", "mode")
    for title in ("MB/s", "ratio", "round trips/s", "ratio "):
        result.add_column(title, justify="right")
    raw = rows[0]
    for row in rows:
        if row.error:
            result.add_row(row.stack, row.mode, f"[red]FAILED: {row.error}[/red]")
            continue
        result.add_row(
            row.stack,
            row.mode,
            f"{row.rate:,.0f}",
            f"{row.rate / raw.rate:.2f}",
            f"{row.trips:,.0f}",
            f"{row.trips / raw.trips:.2f}",
        )
    return result
