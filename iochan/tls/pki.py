"""A certificate authority of one's own, for development and tests, in QEMU's file names."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typing_extensions import override

from iochan.core.errors import CredsError

__all__ = ["Authority", "Issued", "init_directory"]

_SKEW = datetime.timedelta(hours=1)
"""How far certificates are backdated, for clocks that are late."""


@dataclass(frozen=True)
class Issued:
    """A certificate with its key.

    Attributes:
        certificate: The certificate.
        key: Its private key; not shown by ``repr``.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @override
    def __repr__(self) -> str:
        return f"<Issued {self.certificate.subject.rfc4514_string()}>"

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as PEM, not encrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Authority:
    """Issues certificates that satisfy OpenSSL, GnuTLS and QEMU's sanity checks.

    Args:
        name: The authority's common name.
        parent: Who signs it; None for a root.
        start: When its validity begins; None for an hour ago.
        days: How long it is valid.
    """

    def __init__(
        self,
        name: str = "iochan development CA",
        *,
        parent: Authority | None = None,
        start: datetime.datetime | None = None,
        days: float = 365,
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, key.public_key(), start, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage(sign_certificates=True), critical=True)
        self.own: Issued = _sign(builder, key, parent.own if parent is not None else None, name)

    def issue_server(
        self,
        names: Sequence[str] = ("localhost",),
        addresses: Sequence[str] = (),
        *,
        start: datetime.datetime | None = None,
        days: float = 365,
    ) -> Issued:
        """Return a certificate for a server that is reached by *names* and IP *addresses*."""
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        common = [*names, *addresses, "server"][0]
        return self._issue(common, ExtendedKeyUsageOID.SERVER_AUTH, alternatives, start, days)

    def issue_client(
        self, name: str = "client", *, start: datetime.datetime | None = None, days: float = 365
    ) -> Issued:
        """Return a certificate for a client that is known as *name*."""
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, [], start, days)

    def _issue(
        self,
        name: str,
        purpose: x509.ObjectIdentifier,
        alternatives: list[x509.GeneralName],
        start: datetime.datetime | None,
        days: float,
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, key.public_key(), start, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(sign_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return _sign(builder, key, self.own, name)


def init_directory(
    directory: str | os.PathLike[str],
    names: Sequence[str] = ("localhost",),
    addresses: Sequence[str] = ("127.0.0.1", "::1"),
) -> list[Path]:
    """Make an authority, a server's and a client's certificate in *directory*.

    The directory is made if it is not there; keys are readable by their owner only; certificates
    are valid for a year. Nothing is ever overwritten: if one of the files exists, none is written.

    Returns:
        The files, in the order they were written.

    Raises:
        CredsError: One of the files exists, or a name or an address is unusable.
        OSError: A file cannot be written; those written before are removed again.
    """
    directory = Path(directory)
    try:
        authority = Authority()
        server = authority.issue_server(names, addresses)
        client = authority.issue_client()
    except ValueError as error:
        message = f"a name or an address cannot stand in a certificate: {error}: write it as DNS or IP has it"
        raise CredsError(message) from error
    files = {}
    for name, issued in (("ca", authority.own), ("server", server), ("client", client)):
        files[directory / f"{name}-cert.pem"] = (issued.certificate_pem, 0o644)
        files[directory / f"{name}-key.pem"] = (issued.key_pem, 0o600)
    for path in files:
        if path.exists() or path.is_symlink():
            message = f"{path}: exists already and is never overwritten: remove it, or name another directory"
            raise CredsError(message)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_all(files)
    return list(files)


def _write_all(files: dict[Path, tuple[bytes, int]]) -> None:
    """Write new files; if one fails, remove those that were written."""
    written: list[Path] = []
    try:
        for path, (data, mode) in files.items():
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            written.append(path)
            with os.fdopen(fd, "wb") as file:
                file.write(data)
    except BaseException:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    name: str, key: ec.EllipticCurvePublicKey, start: datetime.datetime | None, days: float
) -> x509.CertificateBuilder:
    first = datetime.datetime.now(datetime.UTC) - _SKEW if start is None else start
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(first + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _sign(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, issuer: Issued | None, name: str
) -> Issued:
    """Sign with *issuer*'s key, or, for a root, with the *key* of the certificate of *name* itself."""
    signer = key if issuer is None else issuer.key
    subject = _subject(name) if issuer is None else issuer.certificate.subject
    builder = builder.issuer_name(subject)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(authority_key, critical=False)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
