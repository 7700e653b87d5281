"""``iochan chardev list``: the consoles of a running server."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from iochan.chardev.metrics import ask_consoles_op
from iochan.cli.options import json_option, make_store, object_option
from iochan.core.op import run
from iochan.core.opening import connect

__all__ = ["list_command"]

_SECONDS = 10.0


@click.command("list")
@click.argument("address", metavar="ADDRESS")
@object_option
@json_option
def list_command(address: str, objects: tuple[str, ...], as_json: bool) -> None:
    """Show the consoles of the server whose counters are at ADDRESS, and who is connected."""
    with connect(address, objects=make_store(objects)) as channel:
        consoles = run(ask_consoles_op(channel), _SECONDS)
    if as_json:
        click.echo(json.dumps(consoles))
        return
    table = Table("console", "kind", "state", "addresses", "clients", box=None)
    for one in consoles:
        table.add_row(one["console"], one["kind"], one["state"], "\n".join(one["addresses"]), _clients(one))
    Console(highlight=False, markup=False).print(table)


def _clients(console: dict[str, Any]) -> str:
    lines = []
    for one in console["clients"]:
        writes = ", writes" if one["number"] == console["writes"] else ""
        lines.append(f"{one['number']} {one['who']} ({one['role']}{writes})")
    return "\n".join(lines)
