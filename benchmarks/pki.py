"""One P-256 authority and server certificate for a run, and the ``ssl`` contexts over them.

The files have QEMU's names: ``ca-cert.pem``, ``server-cert.pem``, ``server-key.pem``. Every
contender speaks TLS 1.3 with AES-256-GCM: where a library can name the suite it does; ``ssl`` of
Python 3.11 cannot, and gets it as OpenSSL's first choice (checked by :func:`check_suite`).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.job import Job

SUITE = "TLS_AES_256_GCM_SHA384"
HOSTNAME = "localhost"
LIFETIME = dt.timedelta(days=2)


def make(directory: Path) -> None:
    """Write the authority's certificate and the server's certificate and key into ``directory``."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("iochan benchmark authority", authority_key, authority_key, issuer=None)
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = _certificate(HOSTNAME, key, authority_key, issuer=authority)
    pem = serialization.Encoding.PEM
    (directory / "ca-cert.pem").write_bytes(authority.public_bytes(pem))
    (directory / "server-cert.pem").write_bytes(leaf.public_bytes(pem))
    (directory / "server-key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def context(job: Job) -> ssl.SSLContext:
    """The context for this side of ``job``: TLS 1.3 only, the client verifies, no session tickets."""
    if job.server:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(job.path / "server-cert.pem", job.path / "server-key.pem")
        made.num_tickets = 0
    else:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(job.path / "ca-cert.pem")
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    return made


def context_or_none(job: Job) -> ssl.SSLContext | None:
    """What asyncio's ``ssl=`` takes: :func:`context` for a TLS row, else None."""
    return context(job) if job.tls else None


def check_suite(cipher: tuple[str, str, int] | None) -> None:
    """Refuse a sample that did not get the suite under measurement."""
    if cipher is None or cipher[0] != SUITE:
        raise ValueError(f"cipher {cipher} instead of {SUITE}: allow this suite in OpenSSL's configuration")


def _certificate(
    common_name: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Certificate | None,
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = dt.datetime.now(dt.UTC)
    signer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LIFETIME / 2)
        .not_valid_after(now + LIFETIME / 2)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(_usage(authority=issuer is None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(signer_id, critical=False)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(HOSTNAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
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
