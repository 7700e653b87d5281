"""``iochan hash``: digests of files."""

from __future__ import annotations

import json

import click

from iochan.cli.options import json_option
from iochan.cli.stream import open_input, pieces
from iochan.crypto import Hash

__all__ = ["hash_command"]


@click.command(
    "hash",
    epilog="\b\nExamples:\n  iochan hash disk.img\n  iochan hash -a blake2b --format base64 a b c\n"
    "  tar c dir | iochan hash -a sha512",
)
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("-a", "--algorithm", default="sha256", show_default=True, help="The hash.")
@click.option("--format", "form", type=click.Choice(["hex", "base64"]), default="hex", show_default=True)
@click.option("--backend", help="Who computes it; see iochan crypto backends.")
@json_option
def hash_command(
    files: tuple[str, ...], algorithm: str, form: str, backend: str | None, as_json: bool
) -> None:
    """Print the digest of each FILE, or of standard input for - or none, as sha256sum does."""
    found = []
    for name in files or ("-",):
        context = Hash(algorithm, backend)
        with open_input(name) as file:
            for piece in pieces(file, name):
                context.update(piece)
        digest = context.hexdigest() if form == "hex" else context.base64()
        found.append({"file": name, "digest": digest})
        if not as_json:
            click.echo(f"{digest}  {name}")
    if as_json:
        click.echo(json.dumps({"algorithm": algorithm, "format": form, "files": found}))
