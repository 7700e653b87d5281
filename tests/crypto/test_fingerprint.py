from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from iochan.core.errors import CryptoError
from iochan.crypto.fingerprint import certificate_fingerprint
from iochan.testing.pki import ThrowAwayPki


def test_it_is_the_digest_of_the_der(tmp_path: Path) -> None:
    pem = (ThrowAwayPki(tmp_path).dir / "server-cert.pem").read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    assert certificate_fingerprint(pem) == certificate.fingerprint(hashes.SHA256())
    assert certificate_fingerprint(pem, "sha1") == certificate.fingerprint(hashes.SHA1())


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(CryptoError, match="no certificate: give one in PEM"):
        certificate_fingerprint(b"-----BEGIN NOTHING-----")
