"""Fingerprints of certificates, as people compare them."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typing_extensions import Buffer

from iochan.core.errors import CryptoError
from iochan.crypto.hash import hash_bytes
from iochan.crypto.names import HashAlgorithm

__all__ = ["certificate_fingerprint"]


def certificate_fingerprint(pem: Buffer, algorithm: str = HashAlgorithm.SHA256) -> bytes:
    """Return the digest of the certificate in *pem*, over its DER, as ``openssl x509 -fingerprint`` does.

    ``fingerprint.hex(":")`` is how it is printed.

    Raises:
        CryptoError: *pem* holds no certificate.
        UnknownAlgorithm: The hash's name is unknown.
    """
    try:
        certificate = x509.load_pem_x509_certificate(bytes(pem))
    except ValueError as error:
        message = "no certificate: give one in PEM, from -----BEGIN CERTIFICATE----- on"
        raise CryptoError(message) from error
    return hash_bytes(algorithm, certificate.public_bytes(Encoding.DER))
