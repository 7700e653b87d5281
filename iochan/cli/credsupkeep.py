"""``iochan creds renew``, ``revoke`` and ``psk``."""

from __future__ import annotations

from pathlib import Path

import click

from iochan.tls import upkeep

__all__ = ["psk", "renew", "revoke"]


@click.command(epilog="\b\nExample:\n  iochan creds renew pki")
@click.argument("directory", metavar="DIR", type=click.Path())
def renew(directory: str) -> None:
    """Reissue the servers' and clients' certificates in DIR by the authority there, for another year.

    Keys and names stay. Servers take the new ones when they reload.
    """
    for path in upkeep.renew(Path(directory)):
        click.echo(path)


@click.command(epilog="\b\nExample:\n  iochan creds revoke pki pki/client-cert.pem")
@click.argument("directory", metavar="DIR", type=click.Path())
@click.argument("certificate", metavar="CERT", type=click.Path())
def revoke(directory: str, certificate: str) -> None:
    """Revoke CERT: put it on the list ca-crl.pem in DIR, signed by the authority there.

    The list counts for thirty days; revoking CERT again renews it.
    """
    click.echo(upkeep.revoke(Path(directory), Path(certificate)))


@click.command(epilog="\b\nExample:\n  iochan creds psk pki alice")
@click.argument("directory", metavar="DIR", type=click.Path())
@click.argument("user", metavar="USER")
def psk(directory: str, user: str) -> None:
    """Make a pre-shared key for USER, in keys.psk in DIR.

    The key is in the file and nowhere else: give it to USER on a safe way.
    """
    click.echo(upkeep.add_user(Path(directory), user))
