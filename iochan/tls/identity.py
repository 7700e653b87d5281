"""Who a certificate says its owner is: names to check against, and the name to authorise by."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from cryptography import x509
from cryptography.x509.oid import NameOID

from iochan.core.errors import CredsError, PeerRejected, show_text
from iochan.tls.unreadable import UNREADABLE

__all__ = [
    "alternative_names",
    "check_hostname",
    "distinguished_name",
    "dns_names",
    "is_match",
    "server_name",
]

_IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_MAX_HOSTNAME = 1024
_SHOWN_NAMES = 8
_KEPT = 64
"""How many certificates' names, and host names, are kept: a program meets the same few again and again."""

# The names that GnuTLS prints; any other type is its number, and its value stands as DER in hex.
_GNUTLS_NAMES = {
    NameOID.COMMON_NAME: "CN",
    NameOID.SURNAME: "surName",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.COUNTRY_NAME: "C",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.STREET_ADDRESS: "street",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.TITLE: "title",
    NameOID.BUSINESS_CATEGORY: "businessCategory",
    NameOID.POSTAL_CODE: "postalCode",
    NameOID.GIVEN_NAME: "givenName",
    NameOID.INITIALS: "initials",
    NameOID.GENERATION_QUALIFIER: "generationQualifier",
    NameOID.DN_QUALIFIER: "dnQualifier",
    NameOID.PSEUDONYM: "pseudonym",
    NameOID.JURISDICTION_COUNTRY_NAME: "jurisdictionOfIncorporationCountryName",
    NameOID.USER_ID: "UID",
    NameOID.DOMAIN_COMPONENT: "DC",
    NameOID.EMAIL_ADDRESS: "EMAIL",
}


@lru_cache(maxsize=_KEPT)
def server_name(hostname: str) -> str | None:
    """Return *hostname* as a client asks for it by SNI: A-labels without a last dot; None for an IP address.

    Raises:
        CredsError: It is no host name.
    """
    if _ip_address(hostname) is not None:
        return None
    name = hostname.removesuffix(".")
    if "\0" not in name and 0 < len(name) <= _MAX_HOSTNAME:
        # The codec refuses labels that are empty or over 63 characters.
        with contextlib.suppress(ValueError):
            return name.encode("idna").decode("ascii").lower()
    message = f"host name {show_text(hostname)} cannot be one: write a DNS name or an IP address"
    raise CredsError(message)


def check_hostname(certificate: x509.Certificate, hostname: str) -> None:
    """Do nothing if *certificate* is for *hostname* (RFC 9525), a DNS name or an IP address.

    A wildcard stands for the whole left-most label. The common name counts only in a certificate
    without any DNS name or IP address as subject alternative name, as GnuTLS has it.

    Raises:
        PeerRejected: It is for others; the message lists them.
        CredsError: *hostname* is no host name.
    """
    wanted = server_name(hostname)
    names, addresses = dns_names(certificate), _alternative_names(certificate)[1]
    if wanted is None:
        matched = _ip_address(hostname) in addresses
    else:
        matched = any(is_match(name, wanted) for name in names)
    if matched:
        return
    has = [*names, *map(str, addresses)]
    shown = ", ".join(show_text(name) for name in has[:_SHOWN_NAMES]) or "no name at all"
    more = f" and {len(has) - _SHOWN_NAMES} more" if len(has) > _SHOWN_NAMES else ""
    message = (
        f"the peer's certificate is not for {show_text(hostname)}, it is for {shown}{more}: "
        "ask for one of these names, or reissue it"
    )
    raise PeerRejected(message)


def dns_names(certificate: x509.Certificate) -> Sequence[str]:
    """Return the DNS names that *certificate* is for; the common name if it says nothing else.

    Raises:
        PeerRejected: They cannot be read.
    """
    names, addresses = _alternative_names(certificate)
    return names if names or addresses else _common_names(certificate)


def alternative_names(certificate: x509.Certificate) -> list[str]:
    """Return the subject alternative names with their kinds: ``DNS:…``, ``IP:…``, ``email:…``, ``URI:…``.

    Raises:
        PeerRejected: They cannot be read.
    """
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except UNREADABLE as error:
        message = "the peer's certificate has extensions that cannot be read: reissue it"
        raise PeerRejected(message) from error
    kinds: dict[type[x509.GeneralName], str] = {
        x509.DNSName: "DNS",
        x509.IPAddress: "IP",
        x509.RFC822Name: "email",
        x509.UniformResourceIdentifier: "URI",
    }
    return [f"{kinds[type(one)]}:{one.value}" for one in found if type(one) in kinds]


def distinguished_name(certificate: x509.Certificate) -> str:
    """Return the subject as GnuTLS and therefore QEMU print it, such as ``CN=qemu,O=Acme,C=UK``.

    The certificate's last part comes first, escaped by RFC 4514, 2.4.
    """
    parts = certificate.subject.rdns
    return ",".join("+".join(map(_show_attribute, part)) for part in reversed(parts))


def _show_attribute(attribute: x509.NameAttribute[str | bytes]) -> str:
    name = _GNUTLS_NAMES.get(attribute.oid)
    if name is not None and isinstance(attribute.value, str):
        return attribute.rfc4514_string({attribute.oid: name})
    return f"{name or attribute.oid.dotted_string}=#{_value_der(attribute).hex()}"


def _value_der(attribute: x509.NameAttribute[str | bytes]) -> bytes:
    """Return the DER of the value alone: what stands behind the type in a name of this one attribute."""
    der = x509.Name([attribute]).public_bytes()
    # Into the sequence, the set and the pair of type and value (X.501, 9.2), and past the type.
    for _ in range(3):
        der = der[_header_size(der) :]
    return der[_header_size(der) + der[1] :]


def _header_size(der: bytes) -> int:
    return 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)


@lru_cache(maxsize=_KEPT)
def _alternative_names(certificate: x509.Certificate) -> tuple[Sequence[str], Sequence[_IpAddress]]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    except UNREADABLE as error:
        message = "the peer's certificate has extensions that cannot be read: reissue it"
        raise PeerRejected(message) from error
    addresses = found.get_values_for_type(x509.IPAddress)
    return (
        tuple(found.get_values_for_type(x509.DNSName)),
        tuple(address for address in addresses if isinstance(address, _IpAddress)),
    )


def _common_names(certificate: x509.Certificate) -> list[str]:
    values = (name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))
    return [value for value in values if isinstance(value, str)]


def is_match(pattern: str, name: str) -> bool:
    """Tell whether *pattern*, a name of a certificate, is or stands for *name*, lower case and ASCII."""
    pattern = pattern.lower().removesuffix(".")
    if not pattern or not pattern.isascii() or "\0" in pattern:
        return False
    if pattern == name:
        return "*" not in pattern
    # RFC 9525, 6.3: the wildcard is the left-most label and nothing else of it, and stands for one label.
    first, _, domain = pattern.partition(".")
    label, _, rest = name.partition(".")
    # A wildcard for a whole top level would be for everybody.
    return first == "*" and "." in domain and "*" not in domain and label != "" and rest == domain


@lru_cache(maxsize=_KEPT)
def _ip_address(text: str) -> _IpAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
