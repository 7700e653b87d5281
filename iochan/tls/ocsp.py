"""What a client makes of the answer of a CA's responder (OCSP, RFC 6960) that a server sends along."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import Enum
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from iochan.core.errors import CredsError, PeerRejected, show_text
from iochan.tls.unreadable import UNREADABLE

__all__ = ["MAX_AGE", "MAX_ANSWERS", "MAX_RESPONDERS", "SKEW", "OcspPolicy", "check_answer", "read_ocsp"]

MAX_AGE: Final = dt.timedelta(days=7)
"""How long an answer counts that does not say when the next one comes."""

SKEW: Final = dt.timedelta(minutes=5)
"""How far the responder's clock may be ahead."""

MAX_RESPONDERS: Final = 4
"""How many certificates of an answer are tried as its signer's."""

MAX_ANSWERS: Final = 16
"""Among how many of an answer's certificates the server's is looked for."""


class OcspPolicy(Enum):
    """What a client wants of the answer about a server's certificate."""

    OFF = "off"
    """It does not ask for one."""
    CHECK = "check"
    """It asks; one that comes has to be good, and a certificate that promises one (RFC 7633) needs it."""
    REQUIRE = "require"
    """It asks, and a good one has to come."""


def read_ocsp(text: str) -> OcspPolicy:
    """Return the policy that *text* names.

    Raises:
        CredsError: It names none.
    """
    try:
        return OcspPolicy(text)
    except ValueError:
        message = f"ocsp {show_text(text)} is none: write {', '.join(one.value for one in OcspPolicy)}"
        raise CredsError(message) from None


def check_answer(policy: OcspPolicy, der: bytes, chain: Sequence[x509.Certificate]) -> None:
    """Do nothing if *der* satisfies *policy*.

    Args:
        policy: What is wanted.
        der: What the server sent, empty for nothing.
        chain: The verified chain of the server's certificate, its own first.

    Raises:
        PeerRejected: It does not, or cannot be believed.
    """
    if not der:
        if policy is OcspPolicy.REQUIRE or (policy is OcspPolicy.CHECK and _promises(chain[0])):
            message = (
                "the server sent no answer of its CA's responder (OCSP), and one is required: let it send "
                "one, or set ocsp=off"
            )
            raise PeerRejected(message)
        return
    issuer = chain[1] if len(chain) > 1 else chain[0]
    try:
        answer = ocsp.load_der_ocsp_response(der)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise _rejected(f"says {answer.response_status.name} and nothing about the certificate")
        if not any(_signed_by(answer, key) for key in _signers(answer, issuer)):
            raise _rejected("is not signed by the certificate's issuer, nor by whom the issuer allowed to")
        _check_status(_about(answer, chain[0], issuer))
    except PeerRejected:
        # It is a ValueError, too.
        raise
    except UNREADABLE as error:
        raise _rejected(f"cannot be read ({show_text(str(error))})") from error


def _rejected(why: str) -> PeerRejected:
    return PeerRejected(
        f"the server's answer of its CA's responder (OCSP) {why}: have the server get a new one"
    )


def _promises(certificate: x509.Certificate) -> bool:
    try:
        features = certificate.extensions.get_extension_for_class(x509.TLSFeature).value
    except x509.ExtensionNotFound:
        return False
    return x509.TLSFeatureType.status_request in features


def _signers(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> list[x509.Certificate]:
    """Return who may have signed *answer* (RFC 6960, 4.2.2.2)."""
    now = dt.datetime.now(dt.UTC)
    allowed = [issuer]
    for certificate in answer.certificates[:MAX_RESPONDERS]:
        try:
            certificate.verify_directly_issued_by(issuer)
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
            continue
        valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        if valid and ExtendedKeyUsageOID.OCSP_SIGNING in usage:
            allowed.append(certificate)
    return allowed


def _signed_by(answer: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, signature, signed = signer.public_key(), answer.signature, answer.tbs_response_bytes
    try:
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
            return True
        algorithm = answer.signature_hash_algorithm
        if algorithm is None:
            return False
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _about(
    answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    """Return what *answer* says about *certificate*."""
    for single in islice(answer.responses, MAX_ANSWERS):
        if single.serial_number != certificate.serial_number:
            continue
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, single.hash_algorithm)
        asked = request.build()
        if (asked.issuer_name_hash, asked.issuer_key_hash) == (
            single.issuer_name_hash,
            single.issuer_key_hash,
        ):
            return single
    raise _rejected("is about other certificates")


def _check_status(single: ocsp.OCSPSingleResponse) -> None:
    now = dt.datetime.now(dt.UTC)
    until = single.next_update_utc or single.this_update_utc + MAX_AGE
    if single.this_update_utc > now + SKEW:
        raise _rejected(f"counts from {single.this_update_utc:%Y-%m-%d %H:%M} UTC on only")
    if until < now:
        raise _rejected(f"has counted until {until:%Y-%m-%d %H:%M} UTC only")
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        since = single.revocation_time_utc
        when = "" if since is None else f" since {since:%Y-%m-%d %H:%M} UTC"
        message = f"the server's certificate is revoked{when}, its CA's responder (OCSP) says: reissue it"
        raise PeerRejected(message)
    if single.certificate_status is not ocsp.OCSPCertStatus.GOOD:
        raise _rejected("says that the responder does not know the certificate")
