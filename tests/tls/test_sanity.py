"""QEMU's certificate scenarios: every row of its table, its verdict when loaded, and what we say."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest

from iochan.core.errors import CredsError
from iochan.tls.endpoint import Endpoint
from iochan.tls.finding import Finding, Verdict
from iochan.tls.material import Material
from iochan.tls.sanity import check_material
from iochan.tls.x509 import X509Creds
from tests.tls.certificates import DIGITAL, SIGN, Made, eku, ku, make

Bundle: TypeAlias = tuple[list[Made], list[Made]]
"""What stands in the CA file, and in the file of the identity, its own first."""


ROOTS: dict[str, Callable[[], Made]] = {
    "good": lambda: make("root", None, ku(SIGN), ca=True),
    "unrelated": lambda: make("unrelated", None, ku(SIGN), ca=True),
    "no-ku": lambda: make("root", None, ca=True),
    "ku-n": lambda: make("root", None, ku(SIGN, critical=False), ca=True),
    "bad-ku-n": lambda: make("root", None, ku(DIGITAL, critical=False), ca=True),
    "bad-ku": lambda: make("root", None, ku(DIGITAL), ca=True),
    "no-bc": lambda: make("root", None, ku(SIGN), ca=None),
    "no-ca": lambda: make("root", None, ku(SIGN), ca=False),
    "expired": lambda: make("root", None, ku(SIGN), ca=True, days=(-9, -1)),
    "future": lambda: make("root", None, ku(SIGN), ca=True, days=(1, 9)),
}


@cache
def root(kind: str = "good") -> Made:
    return ROOTS[kind]()


@cache
def middle(name: str, above: str | None = None, days: tuple[float, float] = (-1, 365)) -> Made:
    return make(name, middle(above) if above else root(), ku(SIGN), ca=True, days=days)


def below(kind: str) -> Callable[[str], Bundle]:
    def bundle(side: str) -> Bundle:
        return [root(kind)], [make(side, root(kind), ku(DIGITAL), eku(side))]

    return bundle


def leaf(*of: Callable[[str], tuple[object, bool]], ca: bool = False) -> Callable[[str], Bundle]:
    def bundle(side: str) -> Bundle:
        return [root()], [make(side, root(), *[one(side) for one in of], ca=ca)]  # type: ignore[arg-type]

    return bundle


def other(side: str) -> str:
    return {"server": "client", "client": "server"}[side]


def dated(start: float, end: float) -> Callable[[str], Bundle]:
    return lambda side: ([root()], [make(side, root(), ku(DIGITAL), eku(side), days=(start, end))])


def chained(authorities: list[str], own: list[str], issuer: str) -> Callable[[str], Bundle]:
    def bundle(side: str) -> Bundle:
        named = {
            "root": root(),
            "1a": middle("1a"),
            "1b": middle("1b"),
            "2a": middle("2a", "1a"),
            "unrelated": root("unrelated"),
            "unrelated-expired": make("unrelated", None, ku(SIGN), ca=True, days=(-9, -1)),
        }
        mine = make(side, named[issuer], ku(DIGITAL), eku(side))
        return [named[name] for name in authorities], [mine, *(named[name] for name in own)]

    return bundle


FINE = ""
SCENARIOS: dict[str, tuple[Callable[[str], Bundle], str]] = {
    "perfect": (below("good"), FINE),
    "goodca1": (below("no-ku"), FINE),
    "goodca2": (below("ku-n"), FINE),
    "goodca3": (below("good"), FINE),
    "badca1": (below("bad-ku-n"), "fails verification"),
    "badca2": (below("no-bc"), "CN=root has no basic constraints"),
    "badca3": (below("bad-ku"), "key usage does not permit signing certificates"),
    "badca-no-ca": (below("no-ca"), "the basic constraints of CN=root say that it is no CA"),
    "good1": (leaf(), FINE),
    "good2": (leaf(lambda _: ku(DIGITAL, SIGN)), FINE),
    "good3": (leaf(lambda _: ku(SIGN, critical=False)), FINE),
    "good4": (leaf(eku), FINE),
    "good5": (leaf(lambda side: eku(side, critical=False)), FINE),
    "good6": (leaf(lambda _: eku("client", "server")), FINE),
    "good7": (leaf(lambda _: eku("client", "server", critical=False)), FINE),
    "good-other-eku-n": (leaf(lambda side: eku(other(side), critical=False)), FINE),
    "bad1": (leaf(lambda _: ku(SIGN)), "key usage does not permit digital signatures"),
    "bad2": (leaf(lambda side: eku(other(side))), "does not allow use with a TLS"),
    "bad3": (leaf(lambda _: ku()), "key usage does not permit digital signatures"),
    "bad-ca-leaf": (leaf(ca=True), "basic constraints say that it is a CA"),
    "expired1": (below("expired"), "ca-cert.pem: expired on .*, that of CN=root"),
    "expired2": (dated(-9, -1), "expired on"),
    "inactive1": (below("future"), "ca-cert.pem: not valid before .*, that of CN=root"),
    "inactive2": (dated(1, 9), "not valid before"),
    "chain1": (chained(["root", "1a", "1b", "2a"], [], "2a"), FINE),
    "chain2": (chained(["root", "1a", "1b", "2a"], [], "1b"), FINE),
    "chain-with-expired": (chained(["root", "1a", "unrelated-expired"], [], "1a"), FINE),
    "chain-incomplete": (chained(["root", "2a"], [], "2a"), "CN=2a has no issuer among the CAs"),
    "own-chain": (chained(["root"], ["2a", "1a"], "2a"), FINE),
    "several-cas": (chained(["unrelated", "root"], ["2a", "1a"], "2a"), FINE),
    "own-chain-incomplete": (chained(["root"], ["2a"], "2a"), "CN=2a has no issuer among the CAs"),
    "own-chain-unsorted": (chained(["root"], ["1a", "2a"], "2a"), "was not issued by CN=1a"),
    "no-chain": (chained(["root"], [], "2a"), "has no issuer among the CAs"),
}


def write(directory: Path, side: str, bundle: Bundle) -> Path:
    authorities, own = bundle
    (directory / "ca-cert.pem").write_bytes(b"".join(one.pem for one in authorities))
    (directory / f"{side}-cert.pem").write_bytes(b"".join(one.pem for one in own))
    key = directory / f"{side}-key.pem"
    key.touch(0o600)
    key.write_bytes(own[0].key_pem)
    return directory


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_of_qemu_has_its_verdict(tmp_path: Path, engine: str, name: str, side: str) -> None:
    make_bundle, complaint = SCENARIOS[name]
    write(tmp_path, side, make_bundle(side))
    if complaint:
        with pytest.raises(CredsError, match=complaint):
            X509Creds(tmp_path, side)
    else:
        assert X509Creds(tmp_path, side).endpoint is Endpoint(side)
    if (engine, name) == ("ssl", "bad3"):
        # The system's OpenSSL looks by itself at a key usage that allows nothing.
        with pytest.raises(CredsError, match=r"refused by OpenSSL \(invalid certificate\): reissue it"):
            X509Creds(tmp_path, side, sanity_check=False, verify_peer=False)
        return
    # What is wrong with the certificates is not looked at when nobody asks for it.
    assert not X509Creds(tmp_path, side, sanity_check=False, verify_peer=False).verify_peer


def test_a_self_signed_certificate_always_fails(tmp_path: Path) -> None:
    own = make("own", None, ku(DIGITAL), eku("server"))
    write(tmp_path, "server", ([own], [own]))
    with pytest.raises(CredsError, match="the basic constraints of CN=own say that it is no CA"):
        X509Creds(tmp_path, "server")


def findings(directory: Path, side: str = "server", hostname: str | None = None) -> list[Finding]:
    material = Material.from_directory(directory, Endpoint(side))
    return [one for one in check_material(material, hostname=hostname) if one.verdict is not Verdict.FINE]


def test_perfect_certificates_have_nothing_to_be_said_against_them(tmp_path: Path) -> None:
    own = make("own", root(), ku(DIGITAL), eku("server"), names=["localhost"])
    write(tmp_path, "server", ([root()], [own]))
    assert findings(tmp_path, hostname="localhost") == []


@pytest.mark.parametrize(
    ("own", "field", "cure"),
    [
        (make("own", root(), names=["a"], days=(-9, 9.5)), "expiry", "renew it now"),
        (make("own", root()), "subject alternative name", "reissue it with the server's names"),
        (make("own", root(), ku(SIGN, critical=False), names=["a"]), "key usage", "digitalSignature"),
        (make("own", root(), eku("client", critical=False), names=["a"]), "extended key usage", "serverAuth"),
    ],
    ids=["expiry", "names", "usage", "purpose"],
)
def test_what_others_may_stumble_over_is_a_warning(tmp_path: Path, own: Made, field: str, cure: str) -> None:
    write(tmp_path, "server", ([root()], [own]))
    (found,) = findings(tmp_path)
    assert (found.verdict, found.field) == (Verdict.WARNING, field)
    assert cure in found.cure
    assert found.file == str(tmp_path / "server-cert.pem")


def test_warnings_go_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "server", ([root()], [make("own", root(), names=["a"], days=(-9, 9.5))]))
    X509Creds(tmp_path, "server")
    (record,) = caplog.records
    assert "in 9 days: renew it now" in record.getMessage()


@pytest.mark.parametrize(
    ("hostname", "good"), [("a.example", True), ("b.example", False), ("192.0.2.1", True), ("::1", False)]
)
def test_a_host_name_is_checked_as_a_client_would(tmp_path: Path, hostname: str, good: bool) -> None:
    own = make("own", root(), names=["a.example", "192.0.2.1"])
    write(tmp_path, "server", ([root()], [own]))
    found = findings(tmp_path, hostname=hostname)
    assert [one.field for one in found] == ([] if good else ["host name"])
    assert findings(write(tmp_path, "client", ([root()], [own])), "client", hostname) == []


def test_an_authority_that_was_renewed_under_its_name_is_found_by_its_key(tmp_path: Path) -> None:
    old = make("root", None, ku(SIGN), ca=True)
    write(tmp_path, "server", ([old, root()], [make("own", root(), names=["a"])]))
    assert findings(tmp_path) == []
