"""What a certificate may be used for: its basic constraints, key usage and extended key usage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from iochan.tls.endpoint import Endpoint
from iochan.tls.finding import Finding, Verdict
from iochan.tls.unreadable import UNREADABLE

__all__ = ["check_purpose"]

T = TypeVar("T", bound=x509.ExtensionType)

_PURPOSES = {
    Endpoint.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Endpoint.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
}


def check_purpose(file: str, certificate: x509.Certificate, leaf_of: Endpoint | None) -> Iterator[Finding]:
    """Yield whether *certificate* may be what it is used as (QEMU's checks 4 to 6).

    An extension that is not critical only warns: QEMU accepts it, and other peers may not.

    Args:
        file: Where it came from.
        certificate: The certificate.
        leaf_of: The side whose own certificate it is; None for a CA.
    """
    try:
        certificate.extensions  # noqa: B018 - reads them, or raises
    except UNREADABLE:
        yield Finding(Verdict.ERROR, file, "extensions", "has extensions that cannot be read", "reissue it")
        return
    yield _check_constraints(file, certificate, leaf_of)
    yield _check_usage(file, certificate, leaf_of)
    if leaf_of is not None:
        yield _check_extended(file, certificate, leaf_of)


def _check_constraints(file: str, certificate: x509.Certificate, leaf_of: Endpoint | None) -> Finding:
    field = "basic constraints"
    found = _extension(certificate, x509.BasicConstraints)
    if leaf_of is not None:
        if found is not None and found.value.ca:
            fact = f"the basic constraints say that it is a CA, and one for a {leaf_of.value} is needed"
            return Finding(
                Verdict.ERROR, file, field, fact, f"issue a {leaf_of.value} certificate by that CA"
            )
        return Finding(Verdict.FINE, file, field, "no CA")
    who = certificate.subject.rfc4514_string()
    if found is None:
        fact = f"{who} has no basic constraints, and a CA must have them"
        return Finding(Verdict.ERROR, file, field, fact, "reissue it with CA:TRUE")
    if not found.value.ca:
        fact = f"the basic constraints of {who} say that it is no CA"
        return Finding(
            Verdict.ERROR, file, field, fact, "reissue it with CA:TRUE, or leave it out of the chain"
        )
    return Finding(Verdict.FINE, file, field, "a CA")


def _check_usage(file: str, certificate: x509.Certificate, leaf_of: Endpoint | None) -> Finding:
    field = "key usage"
    found = _extension(certificate, x509.KeyUsage)
    if found is None:
        return Finding(Verdict.FINE, file, field, "any")
    if leaf_of is None:
        allowed, what, name = found.value.key_cert_sign, "signing certificates", "keyCertSign"
    else:
        allowed, what, name = found.value.digital_signature, "digital signatures", "digitalSignature"
    if allowed:
        return Finding(Verdict.FINE, file, field, name)
    fact = f"its key usage does not permit {what}"
    return Finding(_severity(found), file, field, fact, f"reissue it with {name}")


def _check_extended(file: str, certificate: x509.Certificate, leaf_of: Endpoint) -> Finding:
    field = "extended key usage"
    found = _extension(certificate, x509.ExtendedKeyUsage)
    if found is None:
        return Finding(Verdict.FINE, file, field, "any")
    purpose = _PURPOSES[leaf_of]
    if purpose in found.value or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in found.value:
        return Finding(Verdict.FINE, file, field, f"a TLS {leaf_of.value}")
    fact = f"its extended key usage does not allow use with a TLS {leaf_of.value}"
    return Finding(_severity(found), file, field, fact, f"reissue it with {leaf_of.value}Auth")


def _severity(extension: x509.Extension[T]) -> Verdict:
    return Verdict.ERROR if extension.critical else Verdict.WARNING


def _extension(certificate: x509.Certificate, kind: type[T]) -> x509.Extension[T] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
