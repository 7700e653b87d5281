"""``iochan luks``: encrypted images."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from iochan.address.value import as_count, as_seconds
from iochan.channels.file import FileChannel
from iochan.cli.options import json_option
from iochan.cli.password import Passwords, password_options
from iochan.core.channel import Channel
from iochan.core.errors import show_text
from iochan.core.op import run
from iochan.crypto.block import (
    UNLOCK_SECONDS,
    LuksHeader,
    add_key_op,
    create_luks_op,
    open_luks_op,
    read_header_op,
    remove_key_op,
)

__all__ = ["luks"]

_COPY = 1 << 20

header_option = click.option(
    "--header", metavar="FILE", type=click.Path(dir_okay=False), help="Where the header is, if not in IMAGE."
)
image_argument = click.argument("image", type=click.Path(dir_okay=False))
max_time_option = click.option(
    "--max-time",
    metavar="SECONDS",
    default=f"{UNLOCK_SECONDS:g}",
    show_default=True,
    help="How long trying the password may take; whoever made IMAGE has chosen how long it does.",
)
time_option = click.option(
    "--iter-time", type=click.IntRange(1), default=2000, show_default=True, help="Milliseconds of a try."
)


@click.group()
def luks() -> None:
    """Make LUKS images (version 1), read and write them, and change their keys."""


@luks.command()
@image_argument
@header_option
@json_option
def info(image: str, header: str | None, as_json: bool) -> None:
    """Show what the header of IMAGE, or the detached header IMAGE, says; no password is needed."""
    with _open(image if header is None else header, "r") as channel:
        facts = _facts(run(read_header_op(channel)))
    if as_json:
        click.echo(json.dumps(facts))
        return
    for name, value in facts.items():
        if name != "slots":
            # A header may say anything, to the terminal too.
            shown = value if str(value).isprintable() else show_text(value)
            click.echo(f"{name + ':':<18}{shown}")
    for slot in facts["slots"]:
        state = f"active, {slot['iterations']} iterations" if slot["active"] else "free"
        click.echo(f"{'slot ' + str(slot['number']) + ':':<18}{state}")


@luks.command(
    epilog="\b\nExamples:\n  iochan luks create disk.luks --size 64M --key-file pw\n"
    "  iochan luks create disk.luks --size 1G --cipher aes-128 --mode cbc --ivgen essiv --iv-hash sha256"
)
@image_argument
@click.option("--size", required=True, help="Plain bytes; K, M, G and T may stand behind the number.")
@click.option("--cipher", default="aes-256", show_default=True)
@click.option("--mode", default="xts", show_default=True)
@click.option("--ivgen", default="plain64", show_default=True)
@click.option("--iv-hash", help="The hash of essiv.")
@click.option("--hash", "hash_name", default="sha256", show_default=True, help="The hash of the key slots.")
@click.option("--header", metavar="FILE", type=click.Path(dir_okay=False), help="A new file for the header.")
@password_options("key")
@time_option
def create(
    image: str,
    size: str,
    cipher: str,
    mode: str,
    ivgen: str,
    iv_hash: str | None,
    hash_name: str,
    header: str | None,
    passwords: Passwords,
    iter_time: int,
) -> None:
    """Make IMAGE, a new file, an encrypted image; with --header it has nothing in it that could be told."""
    password = passwords.read("key", "Password of the image", confirm=True)
    with _new_file(image) as channel, nullcontext() if header is None else _new_file(header) as apart:
        operation = create_luks_op(
            channel,
            password.view(),
            as_count("--size", size),
            algorithm=cipher,
            mode=mode,
            ivgen=ivgen,
            iv_hash=iv_hash,
            hash_algorithm=hash_name,
            iteration_time=iter_time,
            header=apart,
        )
        run(operation)


@luks.command("open", epilog="\b\nExample:\n  iochan luks open disk.luks --key-file pw > plain.img")
@image_argument
@header_option
@password_options("key")
@max_time_option
@click.option("--write", is_flag=True, help="Write standard input into the image, from its first byte on.")
def open_command(image: str, header: str | None, passwords: Passwords, max_time: str, write: bool) -> None:
    """Write the plain bytes of IMAGE to standard output."""
    password = passwords.read("key", "Password")
    with (
        _open(image, "rw" if write else "r") as channel,
        nullcontext() if header is None else _open(header, "r") as apart,
    ):
        seconds = as_seconds("--max-time", max_time)
        plain = run(open_luks_op(channel, password.view(), header=apart, max_seconds=seconds))
        room = memoryview(bytearray(_COPY))
        if write:
            while got := sys.stdin.buffer.readinto(room):  # type: ignore[union-attr] # typeshed lacks it
                plain.write_all(room[:got])
        else:
            while got := plain.readinto(room):
                sys.stdout.buffer.write(room[:got])
            sys.stdout.buffer.flush()


@luks.command("add-key")
@image_argument
@header_option
@password_options("key", "new_key")
@max_time_option
@click.option("--slot", type=click.IntRange(0, 7), help="Where it goes; the first free slot if not given.")
@time_option
def add_key(
    image: str, header: str | None, passwords: Passwords, max_time: str, slot: int | None, iter_time: int
) -> None:
    """Let another password open IMAGE as well."""
    password = passwords.read("key", "Password that opens it now")
    new = passwords.read("new_key", "New password", confirm=True)
    with _open(image if header is None else header, "rw") as channel:
        operation = add_key_op(
            channel,
            password.view(),
            new.view(),
            slot=slot,
            iteration_time=iter_time,
            max_seconds=as_seconds("--max-time", max_time),
        )
        click.echo(f"slot {run(operation)}")


@luks.command("remove-key")
@image_argument
@header_option
@password_options("key")
@max_time_option
@click.option("--slot", type=click.IntRange(0, 7), help="The slot to free, instead of a password's.")
@click.option("--force", is_flag=True, help="Also the last one: nothing opens the image any more then.")
def remove_key(
    image: str, header: str | None, passwords: Passwords, max_time: str, slot: int | None, force: bool
) -> None:
    """Let a password open IMAGE no more."""
    if slot is not None and passwords.given("key"):
        message = (
            "--slot frees a slot whatever opens it, a password the slots that it opens: give one of them"
        )
        raise click.UsageError(message)
    password = None if slot is not None else passwords.read("key", "Password to remove")
    with _open(image if header is None else header, "rw") as channel:
        view = None if password is None else password.view()
        seconds = as_seconds("--max-time", max_time)
        for number in run(remove_key_op(channel, slot=slot, password=view, force=force, max_seconds=seconds)):
            click.echo(f"slot {number} is free")


@contextmanager
def _new_file(path: str) -> Iterator[Channel]:
    """Open *path*, a new file, which goes away again if the block fails."""
    Path(path).open("xb").close()
    try:
        with _open(path, "rw") as channel:
            yield channel
    except BaseException:
        Path(path).unlink()
        raise


@contextmanager
def _open(path: str, access: str) -> Iterator[Channel]:
    if access == "rw":
        Path(path).open("r+b").close()  # a missing one is an error, not a new file
    with FileChannel.open(path, access) as channel:
        yield channel


def _facts(header: LuksHeader) -> dict[str, Any]:
    return {
        "version": 1,
        "uuid": header.uuid,
        "cipher": header.algorithm,
        "mode": header.mode_text,
        "hash": header.hash,
        "payload offset": header.payload * 512,
        "key length": header.key_length,
        "slots": [
            {"number": number, "active": slot.active, "iterations": slot.iterations}
            for number, slot in enumerate(header.slots)
        ],
    }
