"""``iochan creds``: certificates for development, and what is wrong with those of others."""

from __future__ import annotations

import json

import click

from iochan.cli.credscheck import check, show
from iochan.cli.credsupkeep import psk, renew, revoke
from iochan.cli.options import json_option
from iochan.tls.pki import init_directory

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
@json_option
def init(directory: str, names: tuple[str, ...], addresses: tuple[str, ...], as_json: bool) -> None:
    """Make a certificate authority, a server's and a client's certificate in DIR, in QEMU's layout.

    For development: the authority's key lies beside the rest. Without --name and --ip the server is
    localhost, 127.0.0.1 and ::1. Nothing is ever overwritten. All are valid for a year.
    """
    given = (names, addresses) if names or addresses else ()
    paths = init_directory(directory, *given)
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
