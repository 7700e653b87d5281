"""Whether credentials will do, told when they are loaded and not by the first peer.

QEMU's checks come first and in its order: of each certificate, of their order, of the way to a root, and
of all of it by the library. Then those that QEMU leaves to the peers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from OpenSSL import crypto

from iochan.core.errors import PeerRejected
from iochan.tls.endpoint import Endpoint
from iochan.tls.finding import Finding, Verdict
from iochan.tls.identity import check_hostname, distinguished_name
from iochan.tls.material import KeyPair, Material
from iochan.tls.purpose import check_purpose
from iochan.tls.strength import check_strength
from iochan.tls.unreadable import UNREADABLE
from iochan.tls.validity import check_soon, check_validity
from iochan.tls.verifytext import VERIFY_TEXTS

__all__ = ["check_material"]


def check_material(
    material: Material, *, hostname: str | None = None, now: dt.datetime | None = None
) -> Iterator[Finding]:
    """Yield what each check of *material* found, in the order in which they are made.

    Args:
        material: The credentials.
        hostname: A name that clients will ask a server for; None not to check one.
        now: The time to check for; None for the clock's.

    Raises:
        CredsError: *hostname* is no host name.
    """
    moment = now or dt.datetime.now(dt.UTC)
    for pair in material.identities:
        yield from _check_identity(pair, material, moment)
        yield from _check_beyond(pair, material, hostname, moment)
    yield from _check_crls(material, moment)


def _check_identity(pair: KeyPair, material: Material, now: dt.datetime) -> Iterator[Finding]:
    """QEMU's checks; one that cannot be made after a failure is left out."""
    file = pair.certificate_file
    for index, certificate in enumerate(pair.chain):
        yield from _check_certificate(file, certificate, material.endpoint if index == 0 else None, now)
    for below, above in zip(pair.chain, pair.chain[1:], strict=False):
        if not _is_issuer(above, below):
            fact = f"{_name(below)} was not issued by {_name(above)}, which comes next in the file"
            cure = "put each certificate's issuer right behind it"
            yield Finding(Verdict.ERROR, file, "chain order", fact, cure)
            return
    if len(pair.chain) > 1:
        yield Finding(Verdict.FINE, file, "chain order", f"{len(pair.chain)} certificates, each by the next")
    yield from _check_path(pair, material, now)
    yield _verify(pair, material)


def _check_certificate(
    file: str, certificate: x509.Certificate, leaf_of: Endpoint | None, now: dt.datetime
) -> Iterator[Finding]:
    yield check_validity(file, certificate, now, "" if leaf_of else _name(certificate))
    yield from check_purpose(file, certificate, leaf_of)


def _check_path(pair: KeyPair, material: Material, now: dt.datetime) -> Iterator[Finding]:
    """Walk from the last certificate of the file to a root; CAs beside the way do not matter."""
    certificate = pair.chain[-1]
    for _ in range(len(material.authorities) + 1):
        if _is_issuer(certificate, certificate):
            yield from _check_certificate(material.authority_file, certificate, None, now)
            return
        found = _find_issuer(certificate, material.authorities)
        if found is None:
            break
        if not _is_issuer(found, found):
            # A root is checked where the walk ends.
            yield from _check_certificate(material.authority_file, found, None, now)
        certificate = found
    fact = f"{_name(certificate)} has no issuer among the CAs of {material.authority_file}"
    cure = f"add {_name_of(certificate.issuer)} there, or reissue the certificate below a CA that is there"
    yield Finding(Verdict.ERROR, pair.certificate_file, "issuer", fact, cure)


def _find_issuer(
    certificate: x509.Certificate, authorities: Sequence[x509.Certificate]
) -> x509.Certificate | None:
    found = [one for one in authorities if _is_issuer(one, certificate)]
    for one in found:
        try:
            certificate.verify_directly_issued_by(one)
        except (*UNREADABLE, TypeError, InvalidSignature):
            continue
        return one
    # The right name but no right key: the library's verdict tells.
    return found[0] if found else None


def _verify(pair: KeyPair, material: Material) -> Finding:
    """Return OpenSSL's own verdict, without a purpose, as QEMU asks GnuTLS."""
    store = crypto.X509Store()
    for authority in material.authorities:
        store.add_cert(crypto.X509.from_cryptography(authority))
    leaf, *chain = (crypto.X509.from_cryptography(one) for one in pair.chain)
    try:
        crypto.X509StoreContext(store, leaf, chain or None).verify_certificate()
    except crypto.X509StoreContextError as error:
        code, depth = error.args[0][:2]
        which = "it" if depth == 0 else f"the certificate {depth} above it"
        fact, _, cure = VERIFY_TEXTS.get(code, str(error)).partition(": ")
        fact = f"{which} fails verification by {material.authority_file}: {fact}"
        return Finding(Verdict.ERROR, pair.certificate_file, "verification", fact, cure or "reissue it")
    return Finding(Verdict.FINE, pair.certificate_file, "verification", f"leads to {material.authority_file}")


def _check_beyond(
    pair: KeyPair, material: Material, hostname: str | None, now: dt.datetime
) -> Iterator[Finding]:
    """What QEMU does not look at."""
    yield from check_strength(pair, material)
    yield from _check_names(pair, material.endpoint, hostname)
    yield check_soon(pair.certificate_file, pair.chain[0], now)


def _check_names(pair: KeyPair, endpoint: Endpoint, hostname: str | None) -> Iterator[Finding]:
    if endpoint is not Endpoint.SERVER:
        return
    file, field = pair.certificate_file, "subject alternative name"
    try:
        found = pair.chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        cure = "reissue it with the server's names: most clients look at nothing else"
        yield Finding(Verdict.WARNING, file, field, "has no names in subjectAltName", cure)
    except UNREADABLE:
        return
    else:
        names = ", ".join(str(name.value) for name in found)
        yield Finding(Verdict.FINE, file, field, names)
    if hostname is None:
        return
    try:
        check_hostname(pair.chain[0], hostname)
    except PeerRejected as error:
        fact = str(error).removeprefix("the peer's certificate ").rpartition(": ")[0]
        cure = "reissue it with this name, or let clients ask for one of the others"
        yield Finding(Verdict.ERROR, file, "host name", fact, cure)
    else:
        yield Finding(Verdict.FINE, file, "host name", f"is for {hostname}")


def _check_crls(material: Material, now: dt.datetime) -> Iterator[Finding]:
    for crl in material.crls:
        name = _name_of(crl.issuer)
        file, end = material.crl_file, crl.next_update_utc
        if end is not None and end < now:
            fact = f"the list of {name} should have been followed by another on {end:%Y-%m-%d}"
            cure = "get a fresh one: until then no peer below this CA comes in"
            yield Finding(Verdict.WARNING, file, "next update", fact, cure)
        else:
            when = f"{end:%Y-%m-%d}" if end else "not said"
            yield Finding(Verdict.FINE, file, "next update", f"the list of {name}: {when}")
        for pair in material.identities:
            own = pair.chain[0]
            if own.issuer == crl.issuer and crl.get_revoked_certificate_by_serial_number(own.serial_number):
                fact = f"it was revoked by {name}, says {file}"
                yield Finding(Verdict.ERROR, pair.certificate_file, "revocation", fact, "reissue it")


def _is_issuer(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Tell by names and key identifiers, as GnuTLS does; the signature is the library's to verify."""
    if issuer.subject != certificate.issuer:
        return False
    try:
        wanted = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        has = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return True
    return wanted.key_identifier is None or wanted.key_identifier == has.digest


def _name(certificate: x509.Certificate) -> str:
    return distinguished_name(certificate) or "a certificate without a subject"


def _name_of(name: x509.Name) -> str:
    return name.rfc4514_string() or "a CA without a name"
