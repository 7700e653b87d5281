"""Whether keys and signatures are strong enough, and whether a key is kept to its owner."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from iochan.tls.finding import Finding, Verdict
from iochan.tls.material import KeyPair, Material

__all__ = ["check_strength"]

_MIN_RSA = 2048
_MIN_EC = 224
# 112 bits of security is what today's libraries ask for (NIST SP 800-57, part 1, table 2).
_WEAK_HASHES = (hashes.MD5, hashes.SHA1)


def check_strength(pair: KeyPair, material: Material) -> Iterator[Finding]:
    """Yield how strong the keys and signatures of *pair* are, and who may read the key's file."""
    yield Finding(Verdict.FINE, pair.key_file, "key", f"is the key of {pair.certificate_file}")
    mode = _mode(pair.key_file)
    if mode is not None:
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            fact = f"has mode {mode:04o}, so others than its owner may use it"
            yield Finding(Verdict.WARNING, pair.key_file, "mode", fact, "chmod 600 it")
        else:
            yield Finding(Verdict.FINE, pair.key_file, "mode", f"{mode:04o}")
    for certificate in pair.chain:
        yield _check_key(pair.certificate_file, certificate)
        if certificate not in material.authorities:
            yield _check_signature(pair.certificate_file, certificate)


def _check_key(file: str, certificate: x509.Certificate) -> Finding:
    key = certificate.public_key()
    cure = "reissue it with a P-256 or RSA 2048 key"
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _MIN_RSA:
        fact = f"its RSA key has {key.key_size} bits, and {_MIN_RSA} are the least"
        return Finding(Verdict.ERROR, file, "public key", fact, cure)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < _MIN_EC:
        fact = f"its EC key has {key.key_size} bits, and {_MIN_EC} are the least"
        return Finding(Verdict.ERROR, file, "public key", fact, cure)
    if isinstance(key, dsa.DSAPublicKey):
        return Finding(Verdict.WARNING, file, "public key", "is a DSA key, which TLS 1.3 does not know", cure)
    return Finding(Verdict.FINE, file, "public key", type(key).__name__.removesuffix("PublicKey"))


def _check_signature(file: str, certificate: x509.Certificate) -> Finding:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    if isinstance(algorithm, _WEAK_HASHES):
        fact = f"is signed with {algorithm.name.upper()}, which can be forged"
        return Finding(Verdict.ERROR, file, "signature", fact, "reissue it with SHA-256")
    return Finding(Verdict.FINE, file, "signature", algorithm.name if algorithm else "its own hash")


def _mode(file: str) -> int | None:
    try:
        return stat.S_IMODE(Path(file).stat().st_mode)
    except OSError:
        # Keys from memory have no file.
        return None
