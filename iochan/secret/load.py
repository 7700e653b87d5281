"""Where secrets come from: text, files and descriptors, perhaps in base64, perhaps sealed."""

from __future__ import annotations

import binascii
import os
from pathlib import Path
from typing import Final

from typing_extensions import Buffer

from iochan.core.errors import SecretError, show_text
from iochan.secret.value import Secret

__all__ = ["FORMATS", "MAX_SECRET", "decode_base64", "decode_secret", "load_data", "load_fd", "load_file"]

MAX_SECRET: Final = 1 << 20
"""The most bytes that a secret, in whatever form it comes, may have."""

FORMATS: Final = ("raw", "base64")
"""What a secret may be written in."""

_MOST_PADDING: Final = 2
_MAX_FD: Final = (1 << 31) - 1
_ALPHABET: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n")


def load_file(path: str | os.PathLike[str], *, trim: bool = False) -> Secret:
    """Return the content of a file, all of it: a newline at its end is a part of it unless *trim*.

    Raises:
        SecretError: It cannot be read, or has more than `MAX_SECRET` bytes.
    """
    try:
        with Path(path).open("rb", buffering=0) as file:
            return _read(file.fileno(), str(path), trim=trim)
    except ValueError:  # a NUL, or half a surrogate pair
        message = f"{show_text(str(path))}: cannot be read as a secret: no file can have this name"
        raise SecretError(message) from None
    except OSError as error:
        message = f"{path}: cannot be read as a secret: {_reason(error)}; see who may read it"
        raise SecretError(message) from error


def load_fd(fd: int, *, trim: bool = False) -> Secret:
    """Return what the descriptor *fd* gives until its end, and close it.

    Raises:
        SecretError: It cannot be read, or gives more than `MAX_SECRET` bytes.
    """
    if not 0 <= fd <= _MAX_FD:
        message = f"descriptor {fd}: there is no such number: hand down an open one"
        raise SecretError(message)
    try:
        try:
            return _read(fd, f"descriptor {fd}", trim=trim)
        finally:
            os.close(fd)
    except OSError as error:
        message = f"descriptor {fd}: cannot be read as a secret: {_reason(error)}; hand down an open one"
        raise SecretError(message) from error


def load_data(text: str) -> Secret:
    """Return *text*, as UTF-8. A command line shows it to everybody on the machine: seal it, or use a file.

    Bytes of a command line that are no UTF-8 are taken as they were given, as QEMU does.

    Raises:
        SecretError: It has more than `MAX_SECRET` bytes, or half a surrogate pair, which JSON can write.
    """
    try:
        secret = Secret(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as error:
        message = f"the data is no text at character {error.start}: write both halves of a surrogate pair"
    else:
        if len(secret) > MAX_SECRET:
            raise _too_long("the data")
        return secret
    # Not chained: the encoder's error carries the whole value.
    raise SecretError(message)


def _read(fd: int, name: str, *, trim: bool) -> Secret:
    room = bytearray(MAX_SECRET + 1)
    size = 0
    try:
        while size <= MAX_SECRET:
            got = os.readv(fd, [memoryview(room)[size:]])
            if not got:
                end = size - room.endswith(b"\n", 0, size) if trim else size
                return Secret(memoryview(room)[:end])
            size += got
        raise _too_long(name)
    finally:
        room[:size] = bytes(size)


def _too_long(name: str) -> SecretError:
    return SecretError(f"{name}: more than {MAX_SECRET} bytes: a secret is a password or a key")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def decode_secret(secret: Secret, form: str) -> Secret:
    """Return what *secret* says in the format *form*, one of `FORMATS`.

    Raises:
        SecretError: *form* is unknown, or *secret* is not in it.
    """
    if form == "raw":
        return secret
    if form == "base64":
        return Secret(decode_base64(secret.view(), "the secret"))
    message = f"unknown format {show_text(form)} of a secret: known are {' and '.join(FORMATS)}"
    raise SecretError(message)


def decode_base64(text: Buffer, what: str) -> bytes:
    """Return the bytes of *text* in base64, in which newlines may stand anywhere (QEMU's rule).

    Raises:
        SecretError: *text* is none; the message names *what* and the place, and shows nothing of it.
    """
    data = bytes(text)
    for place, byte in enumerate(data):
        if byte not in _ALPHABET:
            message = f"{what} is no base64 at byte {place}: take only its alphabet, '=' and newlines"
            raise SecretError(message)
    joined = data.replace(b"\n", b"")
    letters = joined.rstrip(b"=")
    # Asked here, since Python's strict mode lets whole groups of padding pass.
    if len(joined) % 4 == 0 and len(joined) - len(letters) <= _MOST_PADDING and b"=" not in letters:
        return binascii.a2b_base64(joined)
    message = f"{what} is no base64: its end or its padding with '=' is missing or misplaced, copy it whole"
    raise SecretError(message)
