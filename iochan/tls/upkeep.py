"""Keeping a directory of credentials up: certificates renewed or revoked by its CA, and pre-shared keys.

Every file is put into place whole, so that a server that reloads meanwhile sees the old or the new one.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from iochan.core.errors import CredsError, show_text
from iochan.tls.pemfile import check_directory, parse_certificates, parse_crls, parse_key, read_file
from iochan.tls.pki import Validity
from iochan.tls.pskfile import parse_keys, read_keys

__all__ = ["CRL_LIFETIME", "add_user", "renew", "revoke"]

CRL_LIFETIME = dt.timedelta(days=30)
"""How long a revocation list counts; nobody comes in by an older one."""

_KEY_BYTES = 32
_CaKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def renew(directory: Path) -> list[Path]:
    """Reissue every certificate of a server or client in *directory* that its CA issued; return the files.

    Keys, subjects, names and uses stay; each is valid from now on, for as long as a new one would be.

    Raises:
        CredsError: The CA's certificate or key is not there, or none of its certificates is.
    """
    authority, key = _authority(directory)
    done = []
    for path in _issued(directory):
        chain = parse_certificates(str(path), read_file(path))
        if chain[0].issuer != authority.subject:
            continue
        made = _reissue(chain[0], authority, key)
        rest = b"".join(one.public_bytes(Encoding.PEM) for one in chain[1:])
        _replace(path, made.public_bytes(Encoding.PEM) + rest, 0o644)
        done.append(path)
    if not done:
        message = f"{directory}: holds no certificate of its CA: make them with iochan creds init"
        raise CredsError(message)
    return done


def revoke(directory: Path, certificate: Path) -> Path:
    """Add *certificate* to the revocation list ``ca-crl.pem`` of *directory*, made if need be, and return it.

    The list is signed anew, so that revoking something again renews it.

    Raises:
        CredsError: The CA's certificate or key is not there, or it did not issue *certificate*.
    """
    authority, key = _authority(directory)
    (own, *_) = parse_certificates(str(certificate), read_file(certificate))
    if own.issuer != authority.subject:
        message = f"{certificate}: was not issued by the CA of {directory}: name one that was"
        raise CredsError(message)
    path = directory / "ca-crl.pem"
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now)
        .next_update(now + CRL_LIFETIME)
    )
    before = parse_crls(str(path), read_file(path)) if os.path.lexists(path) else []
    dates = {entry.serial_number: entry.revocation_date_utc for crl in before for entry in crl}
    dates.setdefault(own.serial_number, now)
    for serial, when in dates.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
        builder = builder.add_revoked_certificate(entry.build())
    _replace(path, builder.sign(key, _hash(key)).public_bytes(Encoding.PEM), 0o644)
    return path


def add_user(directory: Path, user: str) -> Path:
    """Add a new key for *user* to ``keys.psk`` of *directory*, made if need be, and return the file.

    Raises:
        CredsError: *user* has a key already, or cannot be a name; or the file is wrong.
    """
    check_directory(directory)
    path = directory / "keys.psk"
    known = read_keys(path) if os.path.lexists(path) else {}
    if user in known:
        message = f"{path}: user {show_text(user)} has a key already: choose another name"
        raise CredsError(message)
    line = f"{user}:{secrets.token_hex(_KEY_BYTES)}\n".encode()
    # Read as it will be, so that a name that breaks the line is told.
    if list(parse_keys("the new line", line)) != [user]:
        message = f"user {show_text(user)} cannot be a name: write one without spaces at its ends"
        raise CredsError(message)
    old = read_file(path) if known else b""
    _replace(path, old + (b"" if old.endswith(b"\n") or not old else b"\n") + line, 0o600)
    return path


def _authority(directory: Path) -> tuple[x509.Certificate, _CaKey]:
    check_directory(directory)
    certificate, key = directory / "ca-cert.pem", directory / "ca-key.pem"
    (own, *_) = parse_certificates(str(certificate), read_file(certificate))
    private = parse_key(str(key), read_file(key))
    if not isinstance(private, _CaKey) or private.public_key() != own.public_key():
        message = f"{key}: is not the key of {certificate}: give the two that were made together"
        raise CredsError(message)
    return own, private


def _issued(directory: Path) -> Iterator[Path]:
    for side in ("server", "client"):
        yield from sorted(directory.glob(f"{side}-cert*.pem"))


def _reissue(old: x509.Certificate, authority: x509.Certificate, key: _CaKey) -> x509.Certificate:
    validity = Validity.default()
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(authority.subject)
        .public_key(old.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(key, _hash(key))


def _hash(key: _CaKey) -> SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()


def _replace(path: Path, data: bytes, mode: int) -> None:
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        message = f"{path}: cannot be written ({error.strerror}): mend that, or choose another directory"
        raise CredsError(message) from error
