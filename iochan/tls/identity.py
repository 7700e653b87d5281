"""Who a certificate says that its owner is, and whether that is who was asked for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from iochan.core.errors import AddressError, PeerRejected

__all__ = ["certificate_names", "check_hostname", "distinguished_name", "server_name"]

_MAX_SHOWN = 8
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")

_SHORT = {
    NameOID.COMMON_NAME: "CN",
    NameOID.SURNAME: "SN",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.COUNTRY_NAME: "C",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.STREET_ADDRESS: "street",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.TITLE: "title",
    NameOID.DOMAIN_COMPONENT: "DC",
    NameOID.USER_ID: "UID",
    NameOID.EMAIL_ADDRESS: "EMAIL",
}


def check_hostname(certificate: x509.Certificate, hostname: str) -> None:
    """Make sure that *certificate* is for *hostname* (RFC 9525).

    Names in the subjectAltName count; the common name only where there is none at all (as GnuTLS
    has it). A wildcard stands for one whole left-most label.

    Raises:
        PeerRejected: It is for somebody else.
        AddressError: *hostname* is no host name.
    """
    names, addresses = _alternative_names(certificate)
    address = _as_address(hostname)
    if address is not None:
        if address in addresses:
            return
    else:
        wanted = _ascii_name(hostname)
        candidates: Iterable[str] = names
        if not names and not addresses:
            candidates = _common_names(certificate)
        if any(_matches(pattern, wanted) for pattern in candidates):
            return
    shown = certificate_names(certificate)
    listed = ", ".join(map(ascii, shown[:_MAX_SHOWN])) + (", …" if len(shown) > _MAX_SHOWN else "")
    message = (
        f"the certificate is not for {hostname!r}: it is for {listed or 'nobody'}; is the host name right?"
    )
    raise PeerRejected(message)


def certificate_names(certificate: x509.Certificate) -> list[str]:
    """Return the host names and addresses that *certificate* is for."""
    names, addresses = _alternative_names(certificate)
    return [*names, *map(str, addresses)] or _common_names(certificate)


def server_name(hostname: str) -> str | None:
    """Return what a client sends as SNI for *hostname*: None for an address (RFC 6066, 3).

    Raises:
        AddressError: *hostname* is no host name.
    """
    return None if _as_address(hostname) is not None else _ascii_name(hostname)


def distinguished_name(certificate: x509.Certificate) -> str:
    """Return the subject as GnuTLS prints it: ``CN=…,O=…,L=…,C=…``, RFC 4514 with the last part first."""
    parts = []
    for rdn in reversed(list(certificate.subject.rdns)):
        pieces = [f"{_type_name(attribute.oid)}={_escape(str(attribute.value))}" for attribute in rdn]
        parts.append("+".join(pieces))
    return ",".join(parts)


def _type_name(oid: ObjectIdentifier) -> str:
    return _SHORT.get(oid, oid.dotted_string)


def _escape(text: str) -> str:
    escaped = re.sub(r'([,+"\\<>;])', r"\\\1", text).replace("\0", "\\00")
    if escaped.startswith(("#", " ")):
        escaped = "\\" + escaped
    if escaped.endswith(" ") and len(text) > 1:
        escaped = escaped[:-1] + "\\ "
    return escaped


def _alternative_names(
    certificate: x509.Certificate,
) -> tuple[list[str], list[ipaddress.IPv4Address | ipaddress.IPv6Address]]:
    try:
        value = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return [], []
    addresses = value.get_values_for_type(x509.IPAddress)
    kinds = (ipaddress.IPv4Address, ipaddress.IPv6Address)
    return value.get_values_for_type(x509.DNSName), [one for one in addresses if isinstance(one, kinds)]


def _common_names(certificate: x509.Certificate) -> list[str]:
    return [str(part.value) for part in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def _as_address(hostname: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(hostname.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return None


def _ascii_name(hostname: str) -> str:
    """Return *hostname* as it stands in certificates: small letters, ASCII, no final dot."""
    name = hostname.removesuffix(".").lower()
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_name = ""
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        message = f"{hostname!a} is no host name: give the name or the address that the certificate is for"
        raise AddressError(message)
    return ascii_name


def _matches(pattern: str, name: str) -> bool:
    pattern = pattern.removesuffix(".").lower()
    if not pattern.isascii() or "\0" in pattern:
        return False
    if not pattern.startswith("*."):
        return pattern == name
    # One whole label, and at least two labels that the wildcard does not stand for.
    rest = pattern[2:]
    return "*" not in rest and rest.count(".") >= 1 and name.partition(".")[2] == rest
