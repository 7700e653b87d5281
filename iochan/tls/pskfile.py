"""Files of pre-shared keys: a line ``user:key`` for each, the key in hex, as ``psktool`` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from iochan.core.errors import CredsError, show_text
from iochan.tls.pemfile import read_file

__all__ = ["MAX_KEY", "MAX_USER", "parse_keys", "read_keys"]

MAX_USER = 128
"""Bytes of a name, as OpenSSL has it (``PSK_MAX_IDENTITY_LEN`` before 3.0, and GnuTLS' practice)."""

MAX_KEY = 64
"""Bytes of a key: what every peer takes."""

_MIN_KEY = 16


def read_keys(path: Path) -> dict[str, bytes]:
    """Return the keys of *path* by user.

    Raises:
        CredsError: The file cannot be read, or one of its lines is wrong; no key stands in the message.
    """
    return parse_keys(str(path), read_file(path))


def parse_keys(name: str, data: bytes) -> dict[str, bytes]:
    """Return the keys of *data* by user, at least one; *name* begins a message.

    Raises:
        CredsError: One of its lines is wrong.
    """
    found: dict[str, bytes] = {}
    for number, user, key in _lines(name, data):
        if user in found:
            message = f"{name}: line {number}: user {show_text(user)} stands there twice: keep one line"
            raise CredsError(message)
        found[user] = key
    if not found:
        message = f"{name}: holds no key: add a line user:key, or use psktool -u USER -p FILE"
        raise CredsError(message)
    return found


def _lines(name: str, data: bytes) -> Iterator[tuple[int, str, bytes]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        # A name may have colons, a key has none.
        user, colon, key = text.rpartition(b":")
        if not colon or not 0 < len(user) <= MAX_USER or b"\0" in user:
            message = f"{name}: line {number}: has no user of 1 to {MAX_USER} bytes: write user:key"
            raise CredsError(message)
        yield number, _user(name, number, user), _key(name, number, key)


def _user(name: str, number: int, user: bytes) -> str:
    try:
        return user.decode()
    except UnicodeDecodeError:
        message = f"{name}: line {number}: the user is no UTF-8: write another name"
        raise CredsError(message) from None


def _key(name: str, number: int, text: bytes) -> bytes:
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        message = f"{name}: line {number}: the key is not in hex: write two digits for each byte"
        raise CredsError(message) from None
    if not _MIN_KEY <= len(key) <= MAX_KEY:
        message = (
            f"{name}: line {number}: the key has {len(key)} bytes: make one of {_MIN_KEY} to {MAX_KEY}, "
            "with psktool or openssl rand -hex 32"
        )
        raise CredsError(message)
    return key
