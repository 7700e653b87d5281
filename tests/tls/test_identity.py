from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import CredsError, PeerRejected
from iochan.tls.identity import check_hostname, distinguished_name, server_name
from iochan.tls.pki import Authority

AUTHORITY = Authority.create()
LABELS = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


def certificate(
    names: tuple[str, ...] = (), ips: tuple[str, ...] = (), cn: str | None = None
) -> x509.Certificate:
    return AUTHORITY.issue_server(names, ips, common_name=cn).certificate


# The names of QEMU's session tests altname1 to altname8, all with another common name.
QEMU_NAMES = ("qemu.org", "www.qemu.org", "wiki.qemu.org")
QEMU_IPS = ("192.168.122.1", "fec0::dead:beaf")


@pytest.mark.parametrize(
    ("names", "ips", "cn", "hostname", "accepted"),
    [
        (("qemu.org",), (), "other", "qemu.org", True),
        (QEMU_NAMES, QEMU_IPS, "other", "www.qemu.org", True),
        (QEMU_NAMES, QEMU_IPS, "other", "other", False),
        (QEMU_NAMES, QEMU_IPS, "other", "wiki.qemu.org", True),
        ((), QEMU_IPS, "other", "192.168.122.1", True),
        ((), QEMU_IPS, "other", "other", False),
        ((), QEMU_IPS, "other", "fec0::dead:beaf", True),
        ((), QEMU_IPS, "other", "FEC0:0:0::dead:beaf", True),
        ((), QEMU_IPS, "other", "192.168.122.2", False),
        ((), (), "qemu.org", "qemu.org", True),
        ((), (), "qemu.org", "other.org", False),
        ((), (), "10.0.0.1", "10.0.0.1", False),
        (("Example.ORG",), (), None, "eXample.org.", True),
        (("*.qemu.org",), (), None, "www.qemu.org", True),
        (("*.qemu.org",), (), None, "a.www.qemu.org", False),
        (("*.qemu.org",), (), None, "qemu.org", False),
        (("*.qemu.org",), (), None, "*.qemu.org", False),
        (("*.org",), (), None, "qemu.org", False),
        (("xn--bcher-kva.example",), (), None, "bücher.example", True),
        (("10.0.0.1.example",), (), None, "10.0.0.1", False),
    ],
)
def test_a_name_is_matched_as_gnutls_does(
    names: tuple[str, ...], ips: tuple[str, ...], cn: str | None, hostname: str, accepted: bool
) -> None:
    shown = certificate(names, ips, cn)
    if accepted:
        check_hostname(shown, hostname)
    else:
        with pytest.raises(PeerRejected, match="the peer's certificate is not for"):
            check_hostname(shown, hostname)


@pytest.mark.parametrize(
    "pattern", ["w*.qemu.org", "*w.qemu.org", "www.*.org", "*.*.org", "*", "www.qemu.org\0.x"]
)
def test_a_strange_pattern_matches_nothing(pattern: str) -> None:
    builder = x509.SubjectAlternativeName([x509.DNSName(pattern)])
    made = AUTHORITY._builder(x509.Name([]), AUTHORITY.identity.key, None).add_extension(
        builder, critical=True
    )
    odd = AUTHORITY._issue(made, AUTHORITY.identity.key).certificate
    with pytest.raises(PeerRejected):
        check_hostname(odd, "www.qemu.org")


def test_the_message_names_who_was_asked_for_and_who_answered() -> None:
    with pytest.raises(PeerRejected) as caught:
        check_hostname(certificate(("a.example",), ("::1",)), "b.example")
    assert str(caught.value) == (
        "the peer's certificate is not for 'b.example', it is for 'a.example', '::1': "
        "ask for one of these names, or reissue it"
    )


def test_a_long_list_of_names_is_cut() -> None:
    names = tuple(f"n{number}.example" for number in range(11))
    with pytest.raises(PeerRejected, match=r"'n7\.example' and 3 more: "):
        check_hostname(certificate(names), "b.example")


@pytest.mark.parametrize("bad", ["", ".", "a..b", "a\0b", "a" * 64, "x." * 600, ".a"])
def test_what_is_no_host_name_is_refused(bad: str) -> None:
    with pytest.raises(CredsError, match="cannot be one: write a DNS name or an IP address"):
        check_hostname(certificate(("a.example",)), bad)


@pytest.mark.parametrize(
    ("hostname", "asked"),
    [
        ("A.example.", "a.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("::1", None),
        ("1.2.3.4", None),
    ],
)
def test_sni_has_names_only(hostname: str, asked: str | None) -> None:
    assert server_name(hostname) == asked


@given(LABELS, LABELS, LABELS)
def test_a_wildcard_stands_for_one_label(first: str, second: str, domain: str) -> None:
    shown = certificate((f"*.{domain}.example",))
    check_hostname(shown, f"{first}.{domain}.example")
    with pytest.raises(PeerRejected):
        check_hostname(shown, f"{first}.{second}.{domain}.example")


@given(st.text(max_size=300))
def test_no_text_makes_another_error(text: str) -> None:
    with pytest.raises(CredsError):
        check_hostname(certificate(("only.this.example",)), text)


def odd_subject() -> x509.Certificate:
    def part(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.RelativeDistinguishedName:
        return x509.RelativeDistinguishedName([x509.NameAttribute(oid, value) for oid, value in pairs])

    parts = [
        part((NameOID.COUNTRY_NAME, "UK")),
        part((NameOID.STATE_OR_PROVINCE_NAME, "London")),
        part((NameOID.LOCALITY_NAME, "Lon,don ")),
        part((NameOID.ORGANIZATION_NAME, 'Acme #1 "x"')),
        part((NameOID.ORGANIZATIONAL_UNIT_NAME, "Unit + One"), (NameOID.TITLE, "boss")),
        part((NameOID.EMAIL_ADDRESS, "a@b.example")),
        part((NameOID.SURNAME, "s")),
        part((NameOID.GIVEN_NAME, "g")),
        part((NameOID.STREET_ADDRESS, "st")),
        part((NameOID.USER_ID, "u")),
        part((NameOID.DOMAIN_COMPONENT, "dc")),
        part((NameOID.SERIAL_NUMBER, "12")),
        part((NameOID.JURISDICTION_COUNTRY_NAME, "UK")),
        part((x509.ObjectIdentifier("1.2.3.4"), "odd, " + "long " * 40)),
        part((NameOID.COMMON_NAME, " #lead; <x>=\\y ü")),
    ]
    return AUTHORITY.issue_client(x509.Name(parts)).certificate


def test_a_distinguished_name_begins_with_the_last_part() -> None:
    assert distinguished_name(odd_subject()).startswith(
        "CN=\\ #lead\\; \\<x\\>=\\\\y ü,1.2.3.4=#0c81cd6f6464"
    )
    plain = x509.Name.from_rfc4514_string("CN=qemu,O=Acme,L=London,C=UK")
    assert distinguished_name(AUTHORITY.issue_client(plain).certificate) == "CN=qemu,O=Acme,L=London,C=UK"


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("certtool") is None, reason="certtool is absent")
def test_gnutls_prints_the_same_distinguished_name(tmp_path: Path) -> None:
    path = tmp_path / "odd.pem"
    made = odd_subject()
    path.write_bytes(made.public_bytes(Encoding.PEM))
    command = ["certtool", "--certificate-info", "--infile", str(path)]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=20).stdout.decode()
    assert f"\tSubject: {distinguished_name(made)}\n" in printed
