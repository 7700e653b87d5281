"""``iochan secret``: passwords and keys made ready to hand on."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from pathlib import Path
from typing import Final

import click

from iochan.cli.options import json_option
from iochan.cli.password import ask_password
from iochan.core.errors import SecretError
from iochan.secret import KEY_LENGTH, MAX_SECRET, Secret, load_fd, load_file, seal, unseal
from iochan.secret.load import decode_base64, decode_secret

__all__ = ["secret"]

_SEALED: Final = re.compile(rb"data=([A-Za-z0-9+/=]+),iv=([A-Za-z0-9+/=]+)\s*")
_LONGEST: Final = MAX_SECRET // 3 * 4 + 256
"""Bytes of the longest secret, sealed and in base64, with its vector and the names."""

key_option = click.option(
    "--key-file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The master key: 32 bytes, as they are or in base64.",
)


@click.group()
def secret() -> None:
    """Seal secrets under a master key, and open them."""


@secret.command(
    "seal",
    epilog="\b\nExamples:\n  openssl rand -base64 32 > key.b64\n"
    "  printf %s 'my password' | iochan secret seal --key-file key.b64",
)
@key_option
@click.option("--trim", is_flag=True, help="Leave out one newline at the secret's end.")
@json_option
def seal_command(key_file: Path, trim: bool, as_json: bool) -> None:
    """Read a secret from standard input, or ask for it on a terminal, and print it sealed.

    What is printed stands behind --object secret,id=ID,keyid=MASTER,format=base64, of iochan and of QEMU.
    """
    key = _master(key_file)
    value = (
        ask_password("Secret", confirm=True) if sys.stdin.isatty() else load_fd(_standard_input(), trim=trim)
    )
    if value.as_bytes().endswith(b"\n"):
        note = "the secret ends with a newline, which is a part of it: --trim leaves it out"
        click.echo(f"iochan: {note}", err=True)
    data, iv = (base64.b64encode(part).decode("ascii") for part in seal(value, key))
    sealed = {"data": data, "iv": iv}
    click.echo(json.dumps(sealed) if as_json else ",".join(f"{name}={text}" for name, text in sealed.items()))


@secret.command("open", epilog="\b\nExample:\n  iochan secret open --key-file key.b64 < sealed.txt")
@key_option
@click.option("--trim", is_flag=True, help="Leave out one newline at the secret's end.")
def open_command(key_file: Path, trim: bool) -> None:
    """Read what seal printed from standard input, and write the secret to standard output as it is."""
    key = _master(key_file)
    text = sys.stdin.buffer.read(_LONGEST + 1)
    if len(text) > _LONGEST:
        message = (
            f"standard input: more than {_LONGEST} bytes, longer than any sealed secret: a secret is a key"
        )
        raise SecretError(message)
    match = _SEALED.fullmatch(text)
    if match is None:
        message = "standard input has no sealed secret: give data=…,iv=… as iochan secret seal prints it"
        raise SecretError(message)
    data, iv = (decode_base64(part, "the sealed secret") for part in match.groups())
    value = unseal(data, iv, key).view()
    end = len(value) - (trim and bytes(value[-1:]) == b"\n")
    sys.stdout.buffer.write(value[:end])
    sys.stdout.buffer.flush()


def _master(path: Path) -> Secret:
    """Return the key of *path*: nothing but a key has exactly its length."""
    content = load_file(path)
    if len(content) == KEY_LENGTH:
        return content
    try:
        return decode_secret(content, "base64")
    except SecretError as error:
        message = f"{path}: neither {KEY_LENGTH} bytes nor base64: make a key with `openssl rand -base64 32`"
        raise SecretError(message) from error


def _standard_input() -> int:
    """Return a descriptor of standard input that may be closed."""
    return os.dup(0)
