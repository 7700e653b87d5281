"""PEM files of credentials: read with a limit, and every failure names the file, the fact and the cure."""

from __future__ import annotations

import errno
import re
import stat
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import crypto

from iochan.core.errors import CredsError
from iochan.tls.unreadable import UNREADABLE

__all__ = [
    "MAX_PEM",
    "check_directory",
    "parse_certificates",
    "parse_crls",
    "parse_key",
    "read_descriptor",
    "read_file",
]

MAX_PEM = 4 << 20
"""The most bytes of one file: a bundle of all public CAs is a twentieth of it."""

_CRL = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)

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


def parse_certificates(name: str, data: bytes) -> list[x509.Certificate]:
    """Return the certificates of *data*, at least one, in their order; *name* begins a message.

    Raises:
        CredsError: *data* holds something else.
    """
    try:
        return x509.load_pem_x509_certificates(data)
    except UNREADABLE as error:
        message = f"{name}: holds no PEM certificate that can be read: write it anew, as PEM"
        raise CredsError(message) from error


def parse_crls(name: str, data: bytes) -> list[x509.CertificateRevocationList]:
    """Return the revocation lists of *data*, at least one; *name* begins a message.

    Raises:
        CredsError: *data* holds something else.
    """
    pieces = _CRL.findall(data)
    try:
        found = [x509.load_pem_x509_crl(piece) for piece in pieces]
    except UNREADABLE as error:
        message = f"{name}: holds a PEM revocation list that cannot be read: write it anew, as PEM"
        raise CredsError(message) from error
    if not found:
        message = f"{name}: holds no PEM revocation list: write one, or take the file away"
        raise CredsError(message)
    return found


def parse_key(name: str, data: bytes, password: bytes | None = None) -> PrivateKeyTypes:
    """Return the private key of *data*; *name* begins a message. Nobody is ever asked for a passphrase.

    Raises:
        CredsError: *data* holds something else, or is encrypted and *password* is not its passphrase.
    """
    try:
        return _load_key(data, password)
    except TypeError:
        message = f"{name}: the key is encrypted: give its passphrase as passwordid=ID, or decrypt it"
        raise CredsError(message) from None
    except (ValueError, UnsupportedAlgorithm):
        # The library's own words may quote what stands in the file, which is a secret.
        encrypted = b"ENCRYPTED" in data
        fact = (
            "the passphrase is not that of the key"
            if encrypted
            else "holds no PEM private key that can be read"
        )
        cure = "give the one that it was encrypted with" if encrypted else "write it anew, as PEM"
        raise CredsError(f"{name}: {fact}: {cure}") from None


def _load_key(data: bytes, password: bytes | None) -> PrivateKeyTypes:
    # Of several identities some may not be encrypted, which is no reason to refuse them.
    if b"ENCRYPTED" in data:
        return load_pem_private_key(data, password)
    try:
        return load_pem_private_key(data, None)
    except ValueError:
        # Half of the EC keys that GnuTLS 3.7's certtool writes have a zero too many, which cryptography
        # refuses and OpenSSL reads. The passphrase is there so that OpenSSL asks nobody for one.
        if b"-----BEGIN EC PRIVATE KEY-----" not in data:
            raise
        try:
            found = crypto.load_privatekey(crypto.FILETYPE_PEM, data, b"").to_cryptography_key()
        except crypto.Error as error:
            raise ValueError from error
        if isinstance(found, ec.EllipticCurvePrivateKey):
            return found
        raise


def read_file(path: Path) -> bytes:
    """Return what *path* holds, at least one byte and at most `MAX_PEM`.

    Raises:
        CredsError: It cannot be read, is empty, or is longer.
    """
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
    return _check_size(str(path), data)


def read_descriptor(name: str, descriptor: int) -> bytes:
    """Return what the file *descriptor* holds from its place to its end, as `read_file` does; it is closed.

    A pipe or a socket is waited for until its other end is closed.

    Raises:
        CredsError: It cannot be read, or holds nothing or too much; *name* begins the message.
    """
    try:
        with open(descriptor, "rb") as file:
            data = file.read(MAX_PEM + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no descriptor has this number"
        message = f"{name}: descriptor {descriptor} cannot be read ({why}): pass one that is open for reading"
        raise CredsError(message) from error
    return _check_size(name, data)


def _check_size(name: str, data: bytes) -> bytes:
    if not data:
        message = f"{name}: is empty: write it anew, as PEM"
        raise CredsError(message)
    if len(data) > MAX_PEM:
        message = f"{name}: is longer than {MAX_PEM} bytes: keep only the certificates that are needed"
        raise CredsError(message)
    return data


def _unreadable(path: Path, error: OSError | ValueError) -> CredsError:
    if not isinstance(error, OSError):
        return CredsError(f"{str(path)!r}: cannot be a path: leave the NUL out")
    cure = _CURES.get(error.errno or 0)
    return CredsError(f"{path}: {cure or f'cannot be read ({error.strerror}): look at it'}")
