"""Passwords and keys that are never shown: loaded once, looked up by id, wiped when dropped."""

from __future__ import annotations

from iochan.secret.load import MAX_SECRET, load_data, load_fd, load_file
from iochan.secret.lookup import find_secret, secret_bytes, secret_text
from iochan.secret.seal import KEY_LENGTH, seal, unseal
from iochan.secret.value import Secret

__all__ = [
    "KEY_LENGTH",
    "MAX_SECRET",
    "Secret",
    "find_secret",
    "load_data",
    "load_fd",
    "load_file",
    "seal",
    "secret_bytes",
    "secret_text",
    "unseal",
]
