"""QEMU's certificate scenarios: what is in the files, who meets whom, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

from tests.tls.certificates import DIGITAL, SIGN, Made, eku, ku, make

__all__ = ["FINE", "NAMES", "SCENARIOS", "WILDCARDS", "below", "root", "write"]

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
    "missing-ca": (lambda side: ([], below("good")(side)[1]), "ca-cert.pem: "),
    "missing-own": (lambda _: ([root()], []), "server-cert.pem"),
    "no-chain": (chained(["root"], [], "2a"), "has no issuer among the CAs"),
}

SAN = ("qemu.org", "www.qemu.org", "wiki.qemu.org", "192.168.122.1", "fec0::dead:beaf")
NOT_FOR = "the peer's certificate is not for"
NAMES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "altname1": (SAN[:1], "qemu.org", FINE),
    "altname2": (SAN, "www.qemu.org", FINE),
    "altname3": (SAN, "server", NOT_FOR),
    "altname4": (SAN, "wiki.qemu.org", FINE),
    "altname5": (SAN[3:], "192.168.122.1", FINE),
    "altname6": (SAN[3:], "server", NOT_FOR),
    "altname7": (SAN[3:], "fec0::dead:beaf", FINE),
    "altname8": ((), "server", FINE),
}
"""The names in the server's certificate, whose common name is "server", and the one that is asked for."""

NOT_IN = "the peer 'CN=client' may not come in"
WILDCARDS: dict[str, tuple[tuple[str, ...], str]] = {
    "wildcard1": (("CN=other",), NOT_IN),
    "wildcard2": (("CN=client",), FINE),
    "wildcard3": (("CN=other", "CN=client"), FINE),
    "wildcard4": (("CN=client,O=Acme",), NOT_IN),
    "wildcard5": (("CN=cl*",), FINE),
    "wildcard6": (("*lien*",), FINE),
}
"""Which names the server lets in; a client named "client" comes."""


def write(directory: Path, side: str, bundle: Bundle) -> Path:
    authorities, own = bundle
    if authorities:
        (directory / "ca-cert.pem").write_bytes(b"".join(one.pem for one in authorities))
    if not own:
        return directory
    (directory / f"{side}-cert.pem").write_bytes(b"".join(one.pem for one in own))
    key = directory / f"{side}-key.pem"
    key.touch(0o600)
    key.write_bytes(own[0].key_pem)
    return directory
