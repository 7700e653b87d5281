"""QEMU's table of certificates: every row, with each engine, and its verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from iochan.authz.list import ListAuthz
from iochan.authz.rule import Format, Policy, Rule
from iochan.core.errors import CredsError, PeerRejected
from iochan.tls import Session
from iochan.tls.x509 import X509Creds
from tests.tls.certificates import DIGITAL, eku, ku, make
from tests.tls.handshake import shake
from tests.tls.scenarios import FINE, NAMES, SCENARIOS, WILDCARDS, root, write

ROWS = [
    *((name, side) for name in SCENARIOS for side in ("server", "client")),
    *((name, "client") for name in NAMES),
    *((name, "server") for name in WILDCARDS),
]


def load(directory: Path, name: str, side: str) -> None:
    """Write what the scenario has in its files, and load it."""
    write(directory, side, SCENARIOS[name][0](side))
    X509Creds(directory, side)


def meet(directory: Path, name: str) -> None:
    """Have two good ends meet: the names asked for, or the names let in, are those of the scenario."""
    names, hostname, _ = NAMES.get(name, (("server",), "server", FINE))
    rules, _ = WILDCARDS.get(name, (("*",), FINE))
    write(directory, "server", ([root()], [make("server", root(), ku(DIGITAL), eku("server"), names=names)]))
    write(directory, "client", ([root()], [make("client", root(), ku(DIGITAL), eku("client"))]))
    authz = ListAuthz([Rule(one, Policy.ALLOW, Format.GLOB if "*" in one else Format.EXACT) for one in rules])
    client = Session.client(X509Creds(directory, "client"), hostname=hostname)
    shake(client, Session.server(X509Creds(directory, "server"), authz=authz))


def verdict(name: str, side: str) -> str:
    """Return what is said against the scenario."""
    if (name, side) == ("missing-own", "client"):
        return FINE  # a client may come without a certificate
    if name in NAMES:
        return NAMES[name][2]
    return WILDCARDS[name][1] if name in WILDCARDS else SCENARIOS[name][1]


@pytest.mark.parametrize(("name", "side"), ROWS)
def test_a_scenario_of_qemu_has_its_verdict(tmp_path: Path, engine: str, name: str, side: str) -> None:
    def play() -> None:
        if name in SCENARIOS:
            load(tmp_path, name, side)
        else:
            meet(tmp_path, name)

    expected = verdict(name, side)
    if expected == FINE:
        play()
        return
    with pytest.raises((CredsError, PeerRejected), match=expected):
        play()


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("name", [name for name in SCENARIOS if not name.startswith("missing")])
def test_nothing_is_looked_at_when_nobody_asks_for_it(
    tmp_path: Path, engine: str, name: str, side: str
) -> None:
    write(tmp_path, side, SCENARIOS[name][0](side))
    if (engine, name) == ("ssl", "bad3"):
        # The system's OpenSSL looks by itself at a key usage that allows nothing.
        with pytest.raises(CredsError, match=r"refused by OpenSSL \(invalid certificate\): reissue it"):
            X509Creds(tmp_path, side, sanity_check=False, verify_peer=False)
        return
    assert not X509Creds(tmp_path, side, sanity_check=False, verify_peer=False).verify_peer
