"""``iochan creds``: certificates for development, and what is wrong with those of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import click

from iochan.cli.credscheck import check, show
from iochan.cli.credsupkeep import psk, renew, revoke
from iochan.cli.options import json_option
from iochan.tls.pki import KeyType, init_directory
from iochan.tls.upkeep import add_user

__all__ = ["creds"]


@click.group()
def creds() -> None:
    """Make credentials, check them, and keep them up."""


@creds.command(
    epilog="\b\nExamples:\n  iochan creds init pki\n"
    "  iochan creds init pki --name db.example.org --ip 192.0.2.7"
)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--name", "names", multiple=True, metavar="NAME", help="A DNS name of the server; repeatable.")
@click.option(
    "--ip", "addresses", multiple=True, metavar="ADDRESS", help="An IP address of the server; repeatable."
)
@click.option(
    "--key",
    "key_types",
    multiple=True,
    default=("p256",),
    type=click.Choice(get_args(KeyType)),
    help="A kind of key; each makes an identity of its own; repeatable.",
)
@click.option("--psk", "users", multiple=True, metavar="USER", help="Make a pre-shared key too; repeatable.")
@json_option
def init(
    directory: str,
    names: tuple[str, ...],
    addresses: tuple[str, ...],
    key_types: tuple[KeyType, ...],
    users: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a certificate authority, a server's and a client's certificate in DIR, in QEMU's layout.

    For development: the authority's key lies beside the rest. Without --name and --ip the server is
    localhost, 127.0.0.1 and ::1. Nothing is ever overwritten. All are valid for a year.
    """
    if names or addresses:
        paths = init_directory(directory, names, addresses, key_types=key_types)
    else:
        paths = init_directory(directory, key_types=key_types)
    for user in users:
        path = add_user(Path(directory), user)
        if path not in paths:
            paths.append(path)
    if as_json:
        click.echo(json.dumps({"files": [str(path) for path in paths]}))
    else:
        for path in paths:
            click.echo(path)


creds.add_command(check)
creds.add_command(psk)
creds.add_command(renew)
creds.add_command(revoke)
creds.add_command(show)
