"""A small CA for development and tests, and a directory of what it issued, with QEMU's file names.

The keys are unencrypted files. What is issued passes QEMU's sanity checks, OpenSSL and GnuTLS.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from iochan.core.errors import CredsError, show_text
from iochan.tls.identity import server_name

__all__ = ["BACKDATE", "LIFETIME", "Authority", "Identity", "KeyType", "Validity", "init_directory"]

LIFETIME = dt.timedelta(days=365)
"""How long a certificate is valid when nothing else is said."""

BACKDATE = dt.timedelta(hours=1)
"""How long before it was made a certificate is valid, for clocks that are slow."""

KeyType: TypeAlias = Literal["p256", "ed25519", "rsa2048"]
_PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

_KEY_MAKERS: Mapping[KeyType, Callable[[], _PrivateKey]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
}


@dataclass(frozen=True, slots=True)
class Validity:
    """When a certificate is valid."""

    not_before: dt.datetime
    not_after: dt.datetime

    @classmethod
    def default(cls) -> Validity:
        """Return the validity of what is made now."""
        now = dt.datetime.now(dt.UTC)
        return cls(now - BACKDATE, now + LIFETIME)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate, its key, and the intermediates that lead to its root.

    Attributes:
        certificate: Its own certificate.
        key: Its private key.
        chain: The intermediates, the issuer first, without the root.
    """

    certificate: x509.Certificate
    key: _PrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    def certificate_pem(self) -> bytes:
        """Return the certificate and its intermediates as PEM, in the order in which TLS sends them."""
        return b"".join(one.public_bytes(Encoding.PEM) for one in (self.certificate, *self.chain))

    def key_pem(self) -> bytes:
        """Return the key as PEM, unencrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA: a root, or an intermediate below one."""

    identity: Identity

    @classmethod
    def create(
        cls,
        common_name: str = "iochan development CA",
        *,
        key_type: KeyType = "p256",
        validity: Validity | None = None,
    ) -> Authority:
        """Return a new root, signed by itself."""
        key = _KEY_MAKERS[key_type]()
        name = _common_name(common_name)
        builder = _builder(name, name, key, key, validity)
        return cls(Identity(_sign(_as_authority(builder), key), key))

    def issue_authority(
        self, common_name: str, *, key_type: KeyType = "p256", validity: Validity | None = None
    ) -> Authority:
        """Return a new intermediate CA below this one."""
        key = _KEY_MAKERS[key_type]()
        builder = self._builder(_common_name(common_name), key, validity)
        return Authority(self._issue(_as_authority(builder), key))

    def issue_server(
        self,
        names: Sequence[str] = ("localhost",),
        ips: Sequence[str] = (),
        *,
        common_name: str | None = None,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
        key_type: KeyType = "p256",
        validity: Validity | None = None,
    ) -> Identity:
        """Return a new server's identity.

        Args:
            names: DNS names, a ``*`` as first label allowed.
            ips: IP addresses.
            common_name: The subject; None for the first of *names* or *ips*.
            purpose: The extended key usage.
            key_type: What key to make.
            validity: When it is valid; None for `LIFETIME` from now, less `BACKDATE`.

        Raises:
            CredsError: One of *names* or *ips* is none.
        """
        alternative = [*map(_dns_name, names), *map(_ip_name, ips)]
        subject = _common_name(common_name or [*names, *ips, "server"][0])
        return self._issue_leaf(subject, alternative, purpose, key_type, validity)

    def issue_client(
        self,
        name: str | x509.Name = "client",
        *,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
        key_type: KeyType = "p256",
        validity: Validity | None = None,
    ) -> Identity:
        """Return a new client's identity; *name* is its common name or its whole subject."""
        subject = _common_name(name) if isinstance(name, str) else name
        return self._issue_leaf(subject, [], purpose, key_type, validity)

    def _issue_leaf(
        self,
        subject: x509.Name,
        alternative: Sequence[x509.GeneralName],
        purpose: x509.ObjectIdentifier,
        key_type: KeyType,
        validity: Validity | None,
    ) -> Identity:
        key = _KEY_MAKERS[key_type]()
        builder = (
            self._builder(subject, key, validity)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        )
        if alternative:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        return self._issue(builder, key)

    def _builder(
        self, subject: x509.Name, key: _PrivateKey, validity: Validity | None
    ) -> x509.CertificateBuilder:
        own = self.identity
        return _builder(subject, own.certificate.subject, key, own.key, validity)

    def _issue(self, builder: x509.CertificateBuilder, key: _PrivateKey) -> Identity:
        own = self.identity
        is_root = own.certificate.subject == own.certificate.issuer
        chain = () if is_root else (own.certificate, *own.chain)
        return Identity(_sign(builder, own.key), key, chain)


def init_directory(
    path: str | os.PathLike[str],
    names: Sequence[str] = ("localhost",),
    ips: Sequence[str] = ("127.0.0.1", "::1"),
    key_types: Sequence[KeyType] = ("p256",),
) -> list[Path]:
    """Make a CA, a server's and a client's certificates in *path*, and return the files.

    *path* is made (mode 0700) when it is absent; the keys have mode 0600. Nothing is overwritten: when
    one of the files is there already, or writing fails, nothing of this call is left behind.

    Args:
        path: The directory; its parent must exist.
        names: DNS names of the server.
        ips: IP addresses of the server.
        key_types: A kind of key for each identity of the server and of the client, each once; the first is
            preferred.

    Raises:
        CredsError: A kind of key is given twice, a file is there already, cannot be written, or a name or
            address is none.
    """
    directory = Path(path)
    authority = Authority.create()
    if len(set(key_types)) != len(key_types):
        message = f"key types {', '.join(key_types)}: one is given twice: give each once"
        raise CredsError(message)
    pairs = {"ca-{}": authority.identity}
    for index, key_type in enumerate(key_types):
        end = "" if index == 0 else f"-{index - 1}"
        pairs[f"server-{{}}{end}"] = authority.issue_server(names, ips, key_type=key_type)
        pairs[f"client-{{}}{end}"] = authority.issue_client(key_type=key_type)
    files: dict[Path, tuple[bytes, int]] = {}
    for form, identity in pairs.items():
        files[directory / f"{form.format('cert')}.pem"] = (identity.certificate_pem(), 0o644)
        files[directory / f"{form.format('key')}.pem"] = (identity.key_pem(), 0o600)
    for file in files:
        if os.path.lexists(file):
            raise _exists(file)
    _write_all(directory, files)
    return list(files)


def _write_all(directory: Path, files: Mapping[Path, tuple[bytes, int]]) -> None:
    """Write *files*, all or none."""
    undo: list[Callable[[], None]] = []
    file = directory
    try:
        if not directory.is_dir():
            directory.mkdir(mode=0o700)
            undo.append(directory.rmdir)
        for file, (data, mode) in files.items():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            undo.append(file.unlink)
            with open(descriptor, "wb") as stream:  # noqa: PTH123 - by descriptor
                stream.write(data)
    except BaseException as error:
        for step in reversed(undo):
            step()
        if isinstance(error, FileExistsError):
            raise _exists(file) from error
        if isinstance(error, OSError):
            message = f"{file}: cannot be written ({error.strerror}): mend that, or choose another directory"
            raise CredsError(message) from error
        raise


def _exists(file: Path) -> CredsError:
    return CredsError(f"{file}: is there already, and nothing is overwritten: choose another directory")


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _dns_name(name: str) -> x509.DNSName:
    star, domain = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    label = server_name(domain)
    if label is None:
        message = f"name {show_text(name)} is an IP address: give it as one"
        raise CredsError(message)
    return x509.DNSName(star + label)


def _ip_name(text: str) -> x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        message = f"IP address {show_text(text)} is none: write it as 192.0.2.1 or 2001:db8::1"
        raise CredsError(message) from None


def _builder(
    subject: x509.Name, issuer: x509.Name, key: _PrivateKey, signer: _PrivateKey, validity: Validity | None
) -> x509.CertificateBuilder:
    validity = validity or Validity.default()
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_id, critical=False)
    )


def _as_authority(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    usage = _key_usage(authority=True)
    return builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, signer: _PrivateKey) -> x509.Certificate:
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else SHA256())
