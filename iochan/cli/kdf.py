"""``iochan kdf``: keys made of passwords."""

from __future__ import annotations

import json

import click

from iochan.cli.options import json_option
from iochan.cli.password import Passwords, password_options
from iochan.crypto import argon2id, hkdf, pbkdf2, pbkdf2_count_iterations, scrypt

__all__ = ["kdf"]


@click.command(
    epilog="\b\nExamples:\n  iochan kdf argon2id --password-file pw --salt 00112233445566778899aabbccddeeff\n"
    "  iochan kdf pbkdf2 --password-file pw --salt 0011223344556677 --iterations 600000\n"
    "  iochan kdf pbkdf2 --count"
)
@click.argument("name", metavar="KDF", type=click.Choice(["pbkdf2", "scrypt", "argon2id", "hkdf"]))
@password_options("password")
@click.option("--salt", default="", metavar="HEX", help="The salt.")
@click.option("--info", default="", metavar="HEX", help="What the key is for (hkdf).")
@click.option("-a", "--algorithm", default="sha256", show_default=True, help="The hash of pbkdf2 and hkdf.")
@click.option("--iterations", type=click.IntRange(1), help="Of pbkdf2 (600000) and argon2id (3).")
@click.option("--length", type=click.IntRange(1), default=32, show_default=True, help="Bytes of the key.")
@click.option("--count", is_flag=True, help="Print how many iterations of pbkdf2 take a second here.")
@click.option("--backend", help="Who does the work; see iochan crypto backends.")
@json_option
def kdf(
    name: str,
    passwords: Passwords,
    salt: str,
    info: str,
    algorithm: str,
    iterations: int | None,
    length: int,
    count: bool,
    backend: str | None,
    as_json: bool,
) -> None:
    """Print, in hexadecimal, the key that KDF makes of a password."""
    if count:
        found = pbkdf2_count_iterations(algorithm, b"password", bytes(16), length, backend)
        click.echo(json.dumps({"iterations": found}) if as_json else str(found))
        return
    grains = _hexadecimal("--salt", salt)
    password = passwords.read("password", "Password", confirm=True)
    if name == "pbkdf2":
        key = pbkdf2(algorithm, password.view(), grains, iterations or 600_000, length, backend)
    elif name == "scrypt":
        key = scrypt(password.view(), grains, length=length, backend=backend)
    elif name == "argon2id":
        key = argon2id(password.view(), grains, iterations=iterations or 3, length=length, backend=backend)
    else:
        purpose = _hexadecimal("--info", info)
        key = hkdf(algorithm, password.view(), salt=grains, info=purpose, length=length, backend=backend)
    click.echo(json.dumps({"key": key.hex()}) if as_json else key.hex())


def _hexadecimal(option: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        message = f"{option} {text!r} is no hexadecimal: give pairs of digits"
        raise click.UsageError(message) from None
