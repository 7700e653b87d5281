"""``iochan cipher``: files encrypted and decrypted in pieces."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final

import click

from iochan.cli.password import Passwords, password_options
from iochan.cli.stream import open_input, pieces
from iochan.core.errors import CryptoError
from iochan.crypto import AuthenticationFailed, Cipher, block_length, iv_length, random_bytes
from iochan.crypto.cipher import TAG_LENGTH
from iochan.secret.load import decode_secret

__all__ = ["cipher"]

_PADDED: Final = ("ecb", "cbc")
_MODES: Final = ("cbc", "ctr", "ecb", "gcm")


@click.group(
    epilog="\b\nExamples:\n  head -c 32 /dev/urandom > key\n"
    "  iochan cipher encrypt --key-file key backup.tar backup.sealed\n"
    "  iochan cipher decrypt --key-file key backup.sealed backup.tar"
)
def cipher() -> None:
    """Encrypt and decrypt files: the vector stands before the result, the tag of gcm behind it."""


def _common(function: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.argument("target", default="-", metavar="[OUT]"),
        click.argument("source", default="-", metavar="[IN]"),
        click.option("--backend", help="Who does the work; see iochan crypto backends."),
        click.option("--iv", help="The vector in hexadecimal, which then stands in no file."),
        click.option("--key-format", type=click.Choice(["raw", "base64"]), default="raw", show_default=True),
        password_options("key", key="key"),
        click.option("-m", "--mode", type=click.Choice(_MODES), default="gcm", show_default=True),
        click.option("-a", "--algorithm", default="aes-256", show_default=True, help="The cipher."),
    ):
        function = option(function)
    return function


@cipher.command()
@_common
def encrypt(
    algorithm: str,
    mode: str,
    passwords: Passwords,
    key_format: str,
    iv: str | None,
    backend: str | None,
    source: str,
    target: str,
) -> None:
    """Encrypt IN to OUT, - for the standard streams. In ecb and cbc the end is padded as PKCS#7 says."""
    engine = _engine(algorithm, mode, passwords, key_format, backend)
    vector = _vector(iv, algorithm, mode) if iv is not None else random_bytes(iv_length(algorithm, mode))
    if vector or mode != "ecb":
        engine.set_iv(vector)
    with open_input(source) as file, _output(target) as out:
        if iv is None:
            out.write(vector)
        block = block_length(algorithm) if mode != "gcm" else 1
        rest = b""
        for piece in pieces(file, source):
            data = rest + piece
            whole = len(data) // block * block
            out.write(engine.encrypt(data[:whole]))
            rest = data[whole:]
        out.write(_last(engine, rest, block, padded=mode in _PADDED))
        if mode == "gcm":
            out.write(engine.tag())


@cipher.command()
@_common
def decrypt(
    algorithm: str,
    mode: str,
    passwords: Passwords,
    key_format: str,
    iv: str | None,
    backend: str | None,
    source: str,
    target: str,
) -> None:
    """Decrypt IN to OUT. With gcm the file OUT appears only once the tag has proved what is in it."""
    engine = _engine(algorithm, mode, passwords, key_format, backend)
    if mode == "gcm" and target == "-":
        message = "gcm cannot be decrypted to standard output, which nothing could take back: name a file"
        raise click.UsageError(message)
    kept = TAG_LENGTH if mode == "gcm" else block_length(algorithm) if mode in _PADDED else 0
    block = 1 if mode == "gcm" else block_length(algorithm)
    with open_input(source) as file, _output(target) as out:
        vector = file.read(iv_length(algorithm, mode)) if iv is None else _vector(iv, algorithm, mode)
        if vector or mode != "ecb":
            engine.set_iv(vector)
        rest = b""
        for piece in pieces(file, source):
            data = rest + piece
            whole = max(0, len(data) - kept) // block * block
            out.write(engine.decrypt(data[:whole]))
            rest = data[whole:]
        if mode == "gcm":
            _verify(engine, rest)
        elif mode in _PADDED:
            out.write(_unpadded(engine.decrypt(rest)))
        else:
            out.write(_last(engine, rest, block, padded=False, decrypts=True))


def _engine(algorithm: str, mode: str, passwords: Passwords, form: str, backend: str | None) -> Cipher:
    key = decode_secret(passwords.read("key", "Key"), form)
    return Cipher(algorithm, mode, key.view(), backend)


def _vector(text: str, algorithm: str, mode: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        wanted = iv_length(algorithm, mode)
        message = f"--iv {text!r} is no hexadecimal: give {2 * wanted} digits"
        raise click.UsageError(message) from None


def _last(engine: Cipher, rest: bytes, block: int, *, padded: bool, decrypts: bool = False) -> bytes:
    """Return the end of the result: padded, or the odd bytes of a stream mode."""
    count = block - len(rest) % block
    if padded:
        return engine.encrypt(rest + bytes([count]) * count)
    if not rest:
        return b""
    filled = rest + bytes(count)
    return (engine.decrypt(filled) if decrypts else engine.encrypt(filled))[: len(rest)]


def _unpadded(data: bytes) -> bytes:
    count = data[-1] if data else 0
    if not 1 <= count <= len(data) or data[-count:] != bytes([count]) * count:
        message = "the padding at the end is wrong: the key, the vector, the mode or the file is another"
        raise CryptoError(message)
    return data[:-count]


def _verify(engine: Cipher, tag: bytes) -> None:
    if len(tag) != TAG_LENGTH:
        message = f"the input ends before its tag of {TAG_LENGTH} bytes: it was cut, or is something else"
        raise AuthenticationFailed(message)
    engine.verify(tag)


@contextmanager
def _output(name: str) -> Iterator[BinaryIO]:
    """Open *name* to be written, under another name until the block has ended well."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name).resolve()  # a link stays, and what it names is replaced
    if path.exists() and not path.is_file():
        message = f"{name} is no regular file, and would be replaced by one: name another, or take -"
        raise click.UsageError(message)
    file = NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115 - closed below
    try:
        with file:
            yield file  # type: ignore[misc] # a binary file
        Path(file.name).replace(path)
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise
