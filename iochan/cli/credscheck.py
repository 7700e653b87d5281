"""``iochan creds check`` and ``iochan creds show``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from rich.console import Console
from rich.table import Table

from iochan.cli.options import json_option
from iochan.core.errors import CredsError
from iochan.tls.endpoint import Endpoint
from iochan.tls.finding import Finding, Verdict
from iochan.tls.identity import distinguished_name
from iochan.tls.material import Material
from iochan.tls.pemfile import parse_certificates, read_file
from iochan.tls.psk import check_keys
from iochan.tls.sanity import check_material
from iochan.tls.unreadable import UNREADABLE

__all__ = ["check", "show"]

_EXIT = {Verdict.FINE: 0, Verdict.ERROR: 1, Verdict.WARNING: 3}
_COLOURS = {Verdict.FINE: "green", Verdict.WARNING: "yellow", Verdict.ERROR: "red"}
_WIDTH = 200


@click.command(
    epilog="\b\nExit status: 0 when all is fine, 1 after an error, 3 after a warning.\n\n"
    "\b\nExamples:\n  iochan creds check pki\n"
    "  iochan creds check pki --endpoint server --hostname db.example.org"
)
@click.argument("directory", metavar="DIR", type=click.Path())
@click.option(
    "--endpoint",
    type=click.Choice([one.value for one in Endpoint]),
    help="Check what this side would load; both sides without it, as far as their files are there.",
)
@click.option("--hostname", metavar="NAME", help="A name or address that clients will ask the server for.")
@click.option("--all", "everything", is_flag=True, help="Also show the checks that found nothing wrong.")
@json_option
@click.pass_context
def check(
    context: click.Context,
    directory: str,
    endpoint: str | None,
    hostname: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Check the certificates, keys and PSK file in DIR, as they are checked when they are loaded.

    Nothing is changed, and no secret is shown. Every finding comes with its cure.
    """
    path = Path(directory)
    endpoints = [Endpoint(endpoint)] if endpoint else list(_endpoints(path))
    # What both sides look at, the CAs, is told once.
    found = list(dict.fromkeys(one for side in endpoints for one in _findings(path, side, hostname)))
    worst = max((one.verdict for one in found), key=list(Verdict).index)
    if as_json:
        click.echo(
            json.dumps({"verdict": worst.value, "findings": [one.as_json() for one in found]}, indent=2)
        )
    else:
        _print(found if everything else [one for one in found if one.verdict is not Verdict.FINE])
        click.echo(f"{directory}: {worst.value}, {len(found)} checks")
    context.exit(_EXIT[worst])


def _endpoints(path: Path) -> Iterator[Endpoint]:
    """Yield the sides that *path* has files of; a client needs none of its own."""
    names = {one.name for one in path.iterdir()} if path.is_dir() else set()
    server = any(name.startswith(("server-cert", "server-key")) for name in names)
    client = any(name.startswith(("client-cert", "client-key")) for name in names)
    if server:
        yield Endpoint.SERVER
    if client or not server:
        yield Endpoint.CLIENT


def _findings(path: Path, endpoint: Endpoint, hostname: str | None) -> Iterator[Finding]:
    keys = path / "keys.psk"
    if keys.exists():
        yield from check_keys(keys)
        if not (path / "ca-cert.pem").exists():
            return
    try:
        material = Material.from_directory(path, endpoint)
        yield Finding(
            Verdict.FINE, material.authority_file, "CAs", f"{len(material.authorities)} certificates"
        )
        yield from check_material(material, hostname=hostname)
    except CredsError as error:
        yield Finding.of_error(error)


def _print(findings: Iterable[Finding]) -> None:
    rows = list(findings)
    if not rows:
        return
    table = Table("verdict", "file", "field", "found", "cure")
    for one in rows:
        colour = _COLOURS[one.verdict]
        name = Path(one.file).name
        table.add_row(
            f"[{colour}]{one.verdict.value}[/]", *map(_plain, (name, one.field, one.value, one.cure))
        )
    _console().print(table)


def _plain(text: str) -> str:
    """Return *text*, which may be a peer's, so that it is no markup and moves no cursor."""
    return "".join(one if one.isprintable() else "?" for one in text).replace("[", "\\[")


def _console() -> Console:
    console = Console()
    # A pipe has no width: lines that break would be hard to search in.
    return console if console.is_terminal else Console(width=_WIDTH)


@click.command(epilog="\b\nExample:\n  iochan creds show pki")
@click.argument("path", metavar="PATH", type=click.Path(exists=True))
@json_option
def show(path: str, as_json: bool) -> None:
    """Show the certificates of a PEM file, or of each ...-cert*.pem of a directory."""
    place = Path(path)
    files = sorted(place.glob("*-cert*.pem")) if place.is_dir() else [place]
    if not files:
        message = f"{path}: holds no ...-cert.pem: make one with iochan creds init"
        raise CredsError(message)
    found = [
        {"file": str(file), **_describe(certificate)}
        for file in files
        for certificate in parse_certificates(str(file), read_file(file))
    ]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(one.pop("file"))
        for key, value in one.items():
            click.echo(f"  {key:<11} {_plain(str(value))}".replace("\\[", "["))


def _describe(certificate: x509.Certificate) -> dict[str, Any]:
    """Return what people look for in a certificate; names are as authorisation sees them."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        alternative = ", ".join(str(name.value) for name in names)
    except (x509.ExtensionNotFound, *UNREADABLE):
        alternative = ""
    return {
        "subject": distinguished_name(certificate),
        "issuer": certificate.issuer.rfc4514_string(),
        "names": alternative,
        "serial": f"{certificate.serial_number:x}",
        "from": f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M:%SZ}",
        "until": f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M:%SZ}",
        "key": type(certificate.public_key()).__name__.removesuffix("PublicKey"),
        "sha256": certificate.fingerprint(SHA256()).hex(),
    }
