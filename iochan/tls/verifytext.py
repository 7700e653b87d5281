"""OpenSSL's reasons to refuse a certificate, each with its cure."""

from __future__ import annotations

__all__ = ["VERIFY_TEXTS", "verify_text"]

VERIFY_TEXTS = {
    2: "its issuer is not known: is ca-cert.pem the CA that signed it?",
    7: "its signature is wrong",
    9: "it is not valid yet: check the clocks",
    10: "it has expired: reissue it, or check the clocks",
    18: "it is self-signed and not trusted: add it to ca-cert.pem",
    19: "its chain ends in a self-signed certificate that is not trusted: is ca-cert.pem the right one?",
    20: "its issuer is not known: is ca-cert.pem the CA that signed it?",
    21: "its issuer's certificate is missing: the peer must send its whole chain",
    3: "there is no revocation list of its issuer: get one into ca-crl.pem",
    12: "the revocation list of its issuer is too old: get a fresh one into ca-crl.pem",
    23: "it was revoked: reissue it",
    24: "its issuer is no CA",
    25: "its chain is longer than its issuers allow",
    26: "it is not meant for this use: its extended key usage lacks it",
    27: "it is not trusted for this use",
    32: "its issuer may not sign certificates",
    66: "its key is too weak",
    67: "its issuer's key is too weak",
    68: "it is signed with a weak hash",
}
"""By the numbers of ``X509_V_ERR_…`` in ``<openssl/x509_vfy.h>``."""


def verify_text(code: int) -> str:
    """Return why OpenSSL refuses a certificate with *code*, and the cure."""
    return VERIFY_TEXTS.get(code, f"verification error {code} of OpenSSL")
