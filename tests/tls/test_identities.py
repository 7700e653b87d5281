from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from iochan.core.errors import CredsError
from iochan.testing.pki import ThrowAwayPki
from iochan.tls import Session
from iochan.tls.facts import TLS_ALPN, TLS_PEER_CERTIFICATE, TLS_PEER_NAME
from iochan.tls.pki import Identity, KeyType
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds
from tests.tls.handshake import shake

pytestmark = pytest.mark.usefixtures("engine")

NAMES = (["localhost"], ["a.example", "b.example"], ["*.wild.example"], ["c.example"])


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def add(pki: ThrowAwayPki, names: Sequence[Sequence[str]], key_type: KeyType = "p256") -> list[Identity]:
    """Put a server's identity for each of *names* into the directory."""
    made = [pki.authority.issue_server(one, key_type=key_type) for one in names]
    for index, identity in enumerate(made):
        part = "" if index == 0 else f"-{index - 1}"
        (pki.dir / f"server-cert{part}.pem").write_bytes(identity.certificate_pem())
        (pki.dir / f"server-key{part}.pem").write_bytes(identity.key_pem())
    return made


def shown(pki: ThrowAwayPki, server: X509Creds, name: str, verify: bool = True) -> Session:
    client = Session.client(
        X509Creds(pki.dir, "client", verify_peer=verify, settings=Settings(alpn=("x",))), hostname=name
    )
    accepted = Session.server(server)
    shake(client, accepted)
    assert accepted.extra(TLS_PEER_NAME) == "CN=throw-away client"
    assert client.extra(TLS_ALPN) == "x"
    return client


@pytest.mark.parametrize(
    ("name", "index"),
    [("localhost", 0), ("a.example", 1), ("B.Example", 1), ("other.wild.example", 2), ("c.example", 3)],
)
def test_a_client_is_shown_the_identity_for_the_name_that_it_asks_for(
    pki: ThrowAwayPki, name: str, index: int
) -> None:
    made = add(pki, NAMES)
    server = X509Creds(pki.dir, "server", settings=Settings(alpn=("x",)))
    assert shown(pki, server, name).extra(TLS_PEER_CERTIFICATE) == made[index].certificate


@pytest.mark.parametrize("name", ["127.0.0.1", "unknown.test"])
def test_who_names_nobody_known_is_shown_the_first(pki: ThrowAwayPki, name: str) -> None:
    made = add(pki, NAMES)
    server = X509Creds(pki.dir, "server", settings=Settings(alpn=("x",)))
    session = shown(pki, server, name, verify=False)
    assert session.extra(TLS_PEER_CERTIFICATE) == made[0].certificate


def test_sessions_go_on_while_the_credentials_are_reloaded(pki: ThrowAwayPki) -> None:
    add(pki, NAMES)
    server = X509Creds(pki.dir, "server", settings=Settings(alpn=("x",)))
    client = Session.client(
        X509Creds(pki.dir, "client", settings=Settings(alpn=("x",))), hostname="c.example"
    )
    accepted = Session.server(server)
    for _ in range(3):
        add(pki, NAMES)
        server.reload()
    made = add(pki, NAMES)
    server.reload()
    shake(client, accepted)
    accepted.receive(client.write(b"still here"))
    assert accepted.read() == b"still here"
    assert shown(pki, server, "c.example").extra(TLS_PEER_CERTIFICATE) == made[3].certificate


def test_two_for_the_same_names_need_keys_of_two_kinds(pki: ThrowAwayPki) -> None:
    add(pki, [["a.example"], ["a.example"]])
    with pytest.raises(CredsError, match=r"server-key-0\.pem: a key of this kind .* for the same names"):
        X509Creds(pki.dir, "server")
    rsa = pki.authority.issue_server(["a.example"], key_type="rsa2048")
    (pki.dir / "server-cert-0.pem").write_bytes(rsa.certificate_pem())
    (pki.dir / "server-key-0.pem").write_bytes(rsa.key_pem())
    assert X509Creds(pki.dir, "server").dir == pki.dir


def test_a_clients_identities_need_keys_of_different_kinds(pki: ThrowAwayPki) -> None:
    other = pki.authority.issue_client("other")
    (pki.dir / "client-cert-0.pem").write_bytes(other.certificate_pem())
    (pki.dir / "client-key-0.pem").write_bytes(other.key_pem())
    with pytest.raises(CredsError, match="give each identity of a client a key of another kind"):
        X509Creds(pki.dir, "client")
