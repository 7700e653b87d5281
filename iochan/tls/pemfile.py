"""PEM files of credentials: read with a limit, and every failure names the file, the fact and the cure."""

from __future__ import annotations

import datetime as dt
import errno
import stat
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from iochan.core.errors import CredsError

__all__ = ["MAX_PEM", "check_directory", "check_validity", "read_certificates", "read_key"]

MAX_PEM = 4 << 20
"""The most bytes of one file: a bundle of all public CAs is a twentieth of it."""

_CURES = {
    errno.ENOENT: "does not exist: make it, or name another directory",
    errno.ENOTDIR: "is inside something that is no directory: name another directory",
    errno.EACCES: "may not be read by this user: change its owner or its mode",
    errno.EPERM: "may not be read by this user: change its owner or its mode",
}


def check_directory(path: Path) -> None:
    """Do nothing if *path* is a directory.

    Raises:
        CredsError: It is none, or cannot be looked at.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISDIR(mode):
        message = f"{path}: is no directory: name the directory that holds ca-cert.pem"
        raise CredsError(message)


def read_certificates(path: Path) -> list[x509.Certificate]:
    """Return the certificates of *path*, at least one, in the file's order.

    Raises:
        CredsError: The file cannot be read, or holds something else.
    """
    data = _read(path)
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError as error:
        message = f"{path}: holds no PEM certificate that can be read: write it anew, as PEM"
        raise CredsError(message) from error


def read_key(path: Path) -> PrivateKeyTypes:
    """Return the private key of *path*. Nobody is ever asked for a passphrase.

    Raises:
        CredsError: The file cannot be read, holds something else, or is encrypted.
    """
    data = _read(path)
    try:
        return load_pem_private_key(data, password=None)
    except TypeError:
        message = (
            f"{path}: the key is encrypted, and a passphrase for it is not supported yet: "
            "decrypt it with openssl pkey"
        )
        raise CredsError(message) from None
    except (ValueError, UnsupportedAlgorithm):
        # The library's own words may quote what stands in the file, which is a secret.
        message = f"{path}: holds no PEM private key that can be read: write it anew, as PEM"
        raise CredsError(message) from None


def check_validity(path: Path, certificate: x509.Certificate) -> None:
    """Do nothing if *certificate*, which came from *path*, is valid now.

    Raises:
        CredsError: It has expired, or is not active yet (QEMU's sanity checks 2 and 3).
    """
    now = dt.datetime.now(dt.UTC)
    if certificate.not_valid_after_utc < now:
        end = _show_time(certificate.not_valid_after_utc, now)
        message = f"{path}: expired on {end}: check the clock or reissue it"
        raise CredsError(message)
    if certificate.not_valid_before_utc > now:
        start = _show_time(certificate.not_valid_before_utc, now)
        message = f"{path}: not valid before {start}: check the clock or reissue it"
        raise CredsError(message)


def _show_time(when: dt.datetime, now: dt.datetime) -> str:
    form = "%Y-%m-%d" if when.date() != now.date() else "%Y-%m-%d %H:%M:%SZ"
    return f"{when.strftime(form)} (now {now.strftime(form)})"


def _read(path: Path) -> bytes:
    try:
        # Opening a FIFO would wait for somebody to write.
        if stat.S_ISFIFO(path.stat().st_mode):
            message = f"{path}: is a pipe: put the PEM into a plain file"
            raise CredsError(message)
        with path.open("rb") as file:
            data = file.read(MAX_PEM + 1)
    except IsADirectoryError:
        message = f"{path}: is a directory: a PEM file is expected there"
        raise CredsError(message) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    if not data:
        message = f"{path}: is empty: write it anew, as PEM"
        raise CredsError(message)
    if len(data) > MAX_PEM:
        message = f"{path}: is longer than {MAX_PEM} bytes: keep only the certificates that are needed"
        raise CredsError(message)
    return data


def _unreadable(path: Path, error: OSError | ValueError) -> CredsError:
    if not isinstance(error, OSError):
        return CredsError(f"{str(path)!r}: cannot be a path: leave the NUL out")
    cure = _CURES.get(error.errno or 0)
    return CredsError(f"{path}: {cure or f'cannot be read ({error.strerror}): look at it'}")
