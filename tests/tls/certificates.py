"""Certificates of every shape, as QEMU's own tests have them."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["DIGITAL", "SIGN", "Made", "eku", "extension", "ku", "make"]

Extension = tuple[x509.ExtensionType, bool]
SIGN, DIGITAL = "key_cert_sign", "digital_signature"
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def extension(value: x509.ExtensionType, critical: bool = True) -> Extension:
    return value, critical


def ku(*names: str, critical: bool = True) -> Extension:
    return x509.KeyUsage(**{name: name in names for name in _USAGES}), critical


def eku(*names: str, critical: bool = True) -> Extension:
    return x509.ExtendedKeyUsage([_PURPOSES[name] for name in names]), critical


def make(
    name: str,
    issuer: Made | None = None,
    *extensions: Extension,
    ca: bool | None = False,
    days: tuple[float, float] = (-1, 365),
    names: Sequence[str] = (),
) -> Made:
    """Return a certificate; *ca* None leaves the basic constraints out, *issuer* None has it sign itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    if names:
        found = x509.SubjectAlternativeName([_general(one) for one in names])
        builder = builder.add_extension(found, critical=False)
    return Made(builder.sign(signer, SHA256()), key)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
