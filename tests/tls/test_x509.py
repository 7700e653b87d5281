from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from OpenSSL import SSL

from iochan.core.errors import CredsError
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.creds import Endpoint
from iochan.tls.pki import KeyType
from iochan.tls.x509 import X509Creds


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def complaint(directory: Path, endpoint: Endpoint = Endpoint.SERVER) -> str:
    with pytest.raises(CredsError) as caught:
        X509Creds(directory, endpoint)
    return str(caught.value)


def shake(client: SSL.Connection, server: SSL.Connection) -> None:
    client.set_connect_state()
    server.set_accept_state()
    waiting = [client, server]
    for _ in range(20):
        for side, other in ((client, server), (server, client)):
            try:
                side.do_handshake()
            except SSL.WantReadError:
                pass
            else:
                if side in waiting:
                    waiting.remove(side)
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(side.bio_read(65536))
        if not waiting:
            return
    raise AssertionError("the handshake did not end")


def meet(client: X509Creds, server: X509Creds) -> tuple[SSL.Connection, SSL.Connection]:
    pair = SSL.Connection(client.context, None), SSL.Connection(server.context, None)
    shake(*pair)
    return pair


@pytest.mark.parametrize("verify_peer", [True, False])
def test_two_sides_of_one_directory_meet(pki: ThrowAwayPki, verify_peer: bool) -> None:
    server = X509Creds(pki.dir, Endpoint.SERVER, verify_peer=verify_peer)
    client, accepted = meet(X509Creds(pki.dir, Endpoint.CLIENT), server)
    assert client.get_protocol_version_name() == "TLSv1.3"
    seen = accepted.get_peer_certificate(as_cryptography=True)
    assert seen == (pki.client.certificate if verify_peer else None)


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_1_VERSION])
def test_tls_1_2_is_the_floor(pki: ThrowAwayPki, version: int) -> None:
    old = SSL.Context(SSL.TLS_CLIENT_METHOD)
    old.set_min_proto_version(version)
    old.set_max_proto_version(version)
    old.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    server = X509Creds(pki.dir, Endpoint.SERVER, verify_peer=False)
    pair = SSL.Connection(old, None), SSL.Connection(server.context, None)
    if version == SSL.TLS1_2_VERSION:
        shake(*pair)
        assert pair[0].get_protocol_version_name() == "TLSv1.2"
    else:
        with pytest.raises(SSL.Error):
            shake(*pair)


def test_a_chain_leads_over_its_intermediate(pki: ThrowAwayPki) -> None:
    directory = pki.chain_dir()
    client, _ = meet(X509Creds(directory, Endpoint.CLIENT), X509Creds(directory, Endpoint.SERVER))
    chain = client.get_peer_cert_chain(as_cryptography=True)
    assert chain is not None
    assert len(chain) == 2


def test_another_ca_of_the_same_name_is_refused(pki: ThrowAwayPki) -> None:
    with pytest.raises(SSL.Error, match="certificate verify failed"):
        meet(X509Creds(pki.wrong_ca_dir(), Endpoint.CLIENT), X509Creds(pki.dir, Endpoint.SERVER))


def test_a_client_that_verifies_nobody_accepts_another_ca(pki: ThrowAwayPki) -> None:
    client = X509Creds(pki.wrong_ca_dir(), Endpoint.CLIENT, verify_peer=False)
    meet(client, X509Creds(pki.dir, Endpoint.SERVER, verify_peer=False))


def test_a_server_demands_a_certificate_exactly_when_it_verifies(pki: ThrowAwayPki) -> None:
    client = X509Creds(pki.no_client_dir(), Endpoint.CLIENT)
    meet(client, X509Creds(pki.dir, Endpoint.SERVER, verify_peer=False))
    with pytest.raises(SSL.Error, match="peer did not return a certificate"):
        meet(client, X509Creds(pki.dir, Endpoint.SERVER))


@pytest.mark.parametrize("missing", ["ca-cert.pem", "server-cert.pem", "server-key.pem"])
def test_a_server_needs_all_three_files(pki: ThrowAwayPki, missing: str) -> None:
    (pki.dir / missing).unlink()
    assert complaint(pki.dir) == f"{pki.dir / missing}: does not exist: make it, or name another directory"


@pytest.mark.parametrize("missing", ["client-cert.pem", "client-key.pem"])
def test_a_client_has_both_files_or_neither(pki: ThrowAwayPki, missing: str) -> None:
    (pki.dir / missing).unlink()
    assert complaint(pki.dir, Endpoint.CLIENT).startswith(f"{pki.dir / missing}: does not exist: ")


def test_a_key_of_another_certificate_is_refused(pki: ThrowAwayPki) -> None:
    key, certificate = pki.dir / "server-key.pem", pki.dir / "server-cert.pem"
    key.write_bytes(pki.client.key_pem())
    told = f"{key}: is not the key of {certificate}: give the two that were made together"
    assert complaint(pki.dir) == told


def test_an_encrypted_key_is_refused_and_nobody_is_asked(pki: ThrowAwayPki) -> None:
    key = pki.dir / "server-key.pem"
    sealed = BestAvailableEncryption(b"passphrase")
    key.write_bytes(pki.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed))
    fact = "the key is encrypted, and a passphrase for it is not supported yet"
    assert complaint(pki.dir) == f"{key}: {fact}: decrypt it with openssl pkey"


def test_a_key_that_cannot_sign_is_refused(pki: ThrowAwayPki) -> None:
    key = pki.dir / "server-key.pem"
    made = x25519.X25519PrivateKey.generate()
    key.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert complaint(pki.dir) == f"{key}: a key of this kind cannot be used for TLS: make an EC or RSA key"


def test_an_expired_certificate_is_refused(pki: ThrowAwayPki) -> None:
    directory = pki.expired_server_dir()
    today = dt.datetime.now(dt.UTC).date()
    fact = f"expired on {today - dt.timedelta(days=1)} (now {today})"
    assert complaint(directory) == f"{directory / 'server-cert.pem'}: {fact}: check the clock or reissue it"


def test_a_certificate_of_the_future_is_refused(pki: ThrowAwayPki) -> None:
    directory = pki.future_server_dir()
    today = dt.datetime.now(dt.UTC).date()
    fact = f"not valid before {today + dt.timedelta(days=2)} (now {today})"
    assert complaint(directory) == f"{directory / 'server-cert.pem'}: {fact}: check the clock or reissue it"


@pytest.mark.parametrize("key_type", ["p256", "ed25519", "rsa2048"])
def test_each_kind_of_key_serves(pki: ThrowAwayPki, key_type: KeyType) -> None:
    directory = pki.directory(key_type, server=pki.authority.issue_server(key_type=key_type))
    meet(X509Creds(directory, Endpoint.CLIENT), X509Creds(directory, Endpoint.SERVER))


def test_an_object_is_built_from_its_properties(pki: ThrowAwayPki) -> None:
    made = X509Creds(str(pki.dir), "server", verify_peer=False)
    assert (made.endpoint, made.verify_peer) == (Endpoint.SERVER, False)
    with pytest.raises(CredsError, match="endpoint 'both' is none: write server or client"):
        X509Creds(str(pki.dir), "both")
