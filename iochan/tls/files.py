"""Reading certificates and keys, with errors that say which file, what of it, and what to do."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from iochan.core.errors import CredsError

__all__ = ["check_dates", "load_certificates", "load_key", "read_file"]

MAX_FILE = 16 << 20
"""Bytes of the largest file that is read: room for some thousand certificates."""


def read_file(path: Path) -> bytes:
    """Return what is in *path*.

    Raises:
        CredsError: It cannot be read, is empty, or is larger than `MAX_FILE`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError as error:
        message = f"{path}: does not exist: make it, or name the right directory"
        raise CredsError(message) from error
    except IsADirectoryError as error:
        message = f"{path}: is a directory, not a PEM file: put the file in its place"
        raise CredsError(message) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"{path}: cannot be read: {reason}: let this user read it"
        raise CredsError(message) from error
    if not data.strip():
        message = f"{path}: is empty: write the PEM text into it"
        raise CredsError(message)
    if len(data) > MAX_FILE:
        message = f"{path}: is larger than {MAX_FILE} bytes: is it the right file?"
        raise CredsError(message)
    return data


def load_certificates(path: Path) -> list[x509.Certificate]:
    """Return the certificates of a PEM file, in its order: at least one.

    Raises:
        CredsError: The file cannot be read, or holds something else.
    """
    data = read_file(path)
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError as error:
        message = f"{path}: holds no usable PEM certificate: it must begin with -----BEGIN CERTIFICATE-----"
        raise CredsError(message) from error


def load_key(path: Path) -> PrivateKeyTypes:
    """Return the private key of a PEM file; nobody is ever asked for a passphrase.

    Raises:
        CredsError: The file cannot be read, is encrypted, or holds something else.
    """
    data = read_file(path)
    try:
        return load_pem_private_key(data, None)
    except TypeError as error:
        message = (
            f"{path}: the key is encrypted, which cannot be used here: decrypt it into a file of mode 0600"
        )
        raise CredsError(message) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        message = f"{path}: holds no usable PEM private key: it must begin with -----BEGIN PRIVATE KEY----- or its kin"
        raise CredsError(message) from error


def check_dates(path: Path, certificate: x509.Certificate) -> None:
    """Make sure that *certificate*, of the file *path*, is valid now.

    Raises:
        CredsError: It has expired, or is not valid yet.
    """
    now = datetime.datetime.now(datetime.UTC)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < first:
        message = f"{path}: not valid before {first:%Y-%m-%d %H:%M} (now {now:%Y-%m-%d %H:%M}): check the clock or reissue it"
        raise CredsError(message)
    if now > last:
        message = f"{path}: expired on {last:%Y-%m-%d %H:%M} (now {now:%Y-%m-%d %H:%M}): reissue it, or check the clock"
        raise CredsError(message)
