from __future__ import annotations

import datetime as dt
import os
import ssl
import warnings
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from iochan.core.errors import CredsError, HandshakeError, IochanError, PeerRejected
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from iochan.tls import Session
from iochan.tls.ability import Ability
from iochan.tls.endpoint import Endpoint
from iochan.tls.facts import TLS_ALPN, TLS_GROUP, TLS_PEER_CERTIFICATE, TLS_PEER_CHAIN, TLS_VERSION
from iochan.tls.material import Material
from iochan.tls.pki import Authority, Identity, KeyType
from iochan.tls.priority import VERSIONS
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds
from tests.descriptors import no_descriptor_is_left
from tests.tls.handshake import shake

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def complaint(directory: Path, endpoint: Endpoint = Endpoint.SERVER) -> str:
    with pytest.raises(CredsError) as caught:
        X509Creds(directory, endpoint)
    return str(caught.value)


def meet(client: X509Creds, server: X509Creds) -> tuple[Session, Session]:
    pair = Session.client(client, hostname="localhost"), Session.server(server)
    shake(*pair)
    return pair


@pytest.mark.parametrize("verify_peer", [True, False])
def test_two_sides_of_one_directory_meet(pki: ThrowAwayPki, verify_peer: bool) -> None:
    server = X509Creds(pki.dir, Endpoint.SERVER, verify_peer=verify_peer)
    client, accepted = meet(X509Creds(pki.dir, Endpoint.CLIENT), server)
    assert client.extra(TLS_VERSION) == "TLSv1.3"
    seen = accepted.extra(TLS_PEER_CERTIFICATE)
    assert seen == (pki.client.certificate if verify_peer else None)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2])
def test_tls_1_2_is_the_floor(pki: ThrowAwayPki, version: ssl.TLSVersion) -> None:
    server = Session.server(X509Creds(pki.dir, Endpoint.SERVER, verify_peer=False))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        # Python calls the old version deprecated, which is what is tried here.
        warnings.simplefilter("ignore")
        context.minimum_version = context.maximum_version = version
    wire, answer = ssl.MemoryBIO(), ssl.MemoryBIO()
    old = context.wrap_bio(answer, wire)
    with pytest.raises(ssl.SSLWantReadError):
        old.do_handshake()
    server.receive(wire.read())
    if version is ssl.TLSVersion.TLSv1_1:
        with pytest.raises(HandshakeError, match="protocol"):
            server.handshake()
        return
    assert not server.handshake()
    answer.write(server.outgoing())
    with pytest.raises(ssl.SSLWantReadError):
        old.do_handshake()
    server.receive(wire.read())
    assert server.handshake()
    assert server.extra(TLS_VERSION) == "TLSv1.2"


def test_a_chain_leads_over_its_intermediate(pki: ThrowAwayPki, abilities: frozenset[Ability]) -> None:
    directory = pki.chain_dir()
    client, _ = meet(X509Creds(directory, Endpoint.CLIENT), X509Creds(directory, Endpoint.SERVER))
    assert len(client.extra(TLS_PEER_CHAIN)) == (2 if Ability.PEER_CHAIN in abilities else 1)


def test_another_ca_of_the_same_name_is_refused(pki: ThrowAwayPki) -> None:
    with pytest.raises(PeerRejected, match="certificate was refused"):
        meet(X509Creds(pki.wrong_ca_dir(), Endpoint.CLIENT), X509Creds(pki.dir, Endpoint.SERVER))


def test_a_client_that_verifies_nobody_accepts_another_ca(pki: ThrowAwayPki) -> None:
    client = X509Creds(pki.wrong_ca_dir(), Endpoint.CLIENT, verify_peer=False)
    met, _ = meet(client, X509Creds(pki.dir, Endpoint.SERVER, verify_peer=False))
    assert met.extra(TLS_PEER_CERTIFICATE) == pki.server.certificate


def test_a_server_demands_a_certificate_exactly_when_it_verifies(pki: ThrowAwayPki) -> None:
    client = X509Creds(pki.no_client_dir(), Endpoint.CLIENT)
    _, accepted = meet(client, X509Creds(pki.dir, Endpoint.SERVER, verify_peer=False))
    assert accepted.extra(TLS_PEER_CERTIFICATE) is None
    with pytest.raises(PeerRejected, match="sent no certificate"):
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
    assert (
        complaint(pki.dir)
        == f"{key}: the key is encrypted: give its passphrase as passwordid=ID, or decrypt it"
    )
    for password in (b"passphrase", lambda: b"passphrase"):
        assert X509Creds(pki.dir, "server", password=password).endpoint is Endpoint.SERVER


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
    own = pki.authority.issue_server(key_type=key_type)
    directory = pki.directory(key_type, server=own)
    client, _ = meet(X509Creds(directory, Endpoint.CLIENT), X509Creds(directory, Endpoint.SERVER))
    assert client.extra(TLS_PEER_CERTIFICATE) == own.certificate


def test_an_object_is_built_from_its_properties(pki: ThrowAwayPki) -> None:
    made = X509Creds(str(pki.dir), "server", verify_peer=False)
    assert (made.endpoint, made.verify_peer) == (Endpoint.SERVER, False)
    with pytest.raises(CredsError, match="endpoint 'both' is none: write server or client"):
        X509Creds(str(pki.dir), "both")


def seal(pki: ThrowAwayPki) -> None:
    sealed = BestAvailableEncryption(b"passphrase")
    pem = pki.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)
    (pki.dir / "server-key.pem").write_bytes(pem)


def test_an_object_has_its_key_decrypted_by_the_secret_that_it_names(pki: ThrowAwayPki) -> None:
    seal(pki)
    objects = ObjectStore()
    text = f"tls-creds-x509,id=tls{{}},endpoint=server,dir={pki.dir},passwordid=sec0"
    with pytest.raises(IochanError, match="sec0"):
        objects.add(text.format(0))
    objects.add("secret,id=sec0,data=passphrase")
    assert isinstance(objects.add(text.format(0)), X509Creds)


def test_pem_from_memory_needs_no_file(pki: ThrowAwayPki) -> None:
    ca = pki.authority.identity.certificate_pem()
    server = Material.from_pem(Endpoint.SERVER, ca, [(pki.server.certificate_pem(), pki.server.key_pem())])
    client = Material.from_pem(Endpoint.CLIENT, ca, [(pki.client.certificate_pem(), pki.client.key_pem())])
    _, accepted = meet(X509Creds.from_material(client), X509Creds.from_material(server))
    assert accepted.extra(TLS_PEER_CERTIFICATE) == pki.client.certificate
    assert X509Creds.from_material(server).dir is None
    with pytest.raises(CredsError, match="no identity is given"):
        Material.from_pem(Endpoint.SERVER, ca)
    with pytest.raises(CredsError, match="key 0 from memory: is not the key of certificate 0 from memory"):
        Material.from_pem(Endpoint.SERVER, ca, [(pki.server.certificate_pem(), pki.client.key_pem())])
    with pytest.raises(CredsError, match="5 are the most"):
        Material.from_pem(Endpoint.SERVER, ca, [(b"", b"")] * 6)


def by_descriptor(data: bytes) -> int:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write(data)
    return reader


def test_files_come_by_descriptors_which_are_closed(pki: ThrowAwayPki) -> None:
    ca = pki.authority.identity.certificate_pem()
    given = [ca, pki.server.certificate_pem(), pki.server.key_pem(), revoke(pki)]
    with no_descriptor_is_left():
        own, cert, key, crl = map(by_descriptor, given)
        material = Material.from_descriptors(Endpoint.SERVER, own, [(cert, key)], crl)
    assert len(material.crls) == 1
    client, _ = meet(X509Creds(pki.dir, "client"), X509Creds.from_material(material))
    assert client.extra(TLS_PEER_CERTIFICATE) == pki.server.certificate


def test_a_bad_descriptor_is_told_and_the_others_are_closed(pki: ThrowAwayPki) -> None:
    ca = pki.authority.identity.certificate_pem()
    with no_descriptor_is_left():
        own, cert = by_descriptor(ca), by_descriptor(pki.server.certificate_pem())
        with pytest.raises(CredsError, match=r"key 0 by descriptor: descriptor .* cannot be read"):
            Material.from_descriptors(Endpoint.SERVER, own, [(cert, 1 << 20)])
        with pytest.raises(CredsError, match="CA certificates by descriptor: is empty"):
            Material.from_descriptors(Endpoint.CLIENT, by_descriptor(b""))
        with pytest.raises(CredsError, match="CA certificates by descriptor: descriptor -1 cannot be read"):
            Material.from_descriptors(Endpoint.CLIENT, -1)


def test_each_client_meets_the_identity_that_it_can_verify(pki: ThrowAwayPki) -> None:
    rsa = pki.authority.issue_server(["localhost"], key_type="rsa2048")
    (pki.dir / "server-cert-0.pem").write_bytes(rsa.certificate_pem())
    (pki.dir / "server-key-0.pem").write_bytes(rsa.key_pem())
    server = X509Creds(pki.dir, "server", verify_peer=False)
    for text, expected in (
        ("ECDHE-ECDSA-AES256-GCM-SHA384", pki.server),
        ("ECDHE-RSA-AES256-GCM-SHA384", rsa),
    ):
        # The engine that can choose TLS 1.2 alone and its ciphers at once.
        old = X509Creds(pki.dir, "client", settings=Settings(text, engine="bindings"))
        old.context.set_max_proto_version(VERSIONS["TLS1.2"])
        client, _ = meet(old, server)
        assert client.extra(TLS_PEER_CERTIFICATE) == expected.certificate


def test_identities_of_an_index_end_at_the_first_that_is_missing(pki: ThrowAwayPki) -> None:
    (pki.dir / "server-cert-1.pem").write_bytes(b"never looked at")
    X509Creds(pki.dir, "server")
    (pki.dir / "server-cert-0.pem").write_bytes(pki.server.certificate_pem())
    assert complaint(pki.dir).startswith(f"{pki.dir / 'server-key-0.pem'}: does not exist")
    (pki.dir / "server-key-0.pem").write_bytes(pki.server.key_pem())
    (pki.dir / "server-cert-1.pem").unlink()
    assert "a key of this kind stands in another identity already" in complaint(pki.dir)


def revoke(pki: ThrowAwayPki, *identities: Identity, days: float = 9) -> bytes:
    now = dt.datetime.now(dt.UTC)
    own = pki.authority.identity
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(own.certificate.subject)
        .last_update(now - dt.timedelta(days=10))
        .next_update(now + dt.timedelta(days=days))
    )
    for identity in identities:
        entry = x509.RevokedCertificateBuilder().serial_number(identity.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(now - dt.timedelta(days=9)).build())
    return builder.sign(own.key, SHA256()).public_bytes(Encoding.PEM)


def test_a_revoked_peer_is_refused_by_both_sides(pki: ThrowAwayPki) -> None:
    before = X509Creds(pki.dir, "client"), X509Creds(pki.dir, "server")
    crl = pki.dir / "ca-crl.pem"
    crl.write_bytes(revoke(pki, pki.client))
    with pytest.raises(PeerRejected, match="certificate was refused"):
        meet(before[0], X509Creds(pki.dir, "server"))
    crl.write_bytes(revoke(pki, pki.server))
    with pytest.raises(PeerRejected, match="certificate was refused"):
        meet(X509Creds(pki.dir, "client"), before[1])
    assert "it was revoked by CN=throw-away CA" in complaint(pki.dir)
    crl.write_bytes(revoke(pki))
    meet(X509Creds(pki.dir, "client"), X509Creds(pki.dir, "server"))


def test_a_stale_list_lets_nobody_in_and_a_list_of_another_authority_changes_nothing(
    pki: ThrowAwayPki, abilities: frozenset[Ability], caplog: pytest.LogCaptureFixture
) -> None:
    (pki.dir / "ca-crl.pem").write_bytes(revoke(pki, days=-1))
    with pytest.raises(PeerRejected, match="certificate was refused"):
        meet(X509Creds(pki.dir, "client"), X509Creds(pki.dir, "server"))
    assert "get a fresh one" in caplog.text
    other = ThrowAwayPki.__new__(ThrowAwayPki)
    other.authority = Authority.create("another CA")
    (pki.dir / "ca-crl.pem").write_bytes(revoke(other))
    if Ability.SOME_LISTS in abilities:
        client, _ = meet(X509Creds(pki.dir, "client"), X509Creds(pki.dir, "server"))
        assert client.extra(TLS_PEER_CERTIFICATE) == pki.server.certificate
    else:
        assert "has no revocation lists of some of the CAs only" in complaint(pki.dir)


def test_a_reload_is_for_new_sessions_and_a_bad_one_changes_nothing(pki: ThrowAwayPki) -> None:
    server, client = X509Creds(pki.dir, "server"), X509Creds(pki.dir, "client")
    old, _ = meet(client, server)
    renewed = pki.authority.issue_server()
    (pki.dir / "server-cert.pem").write_bytes(renewed.certificate_pem())
    with pytest.raises(CredsError, match="is not the key of"):
        server.reload()
    assert meet(client, server)[0].extra(TLS_PEER_CERTIFICATE) == pki.server.certificate
    (pki.dir / "server-key.pem").write_bytes(renewed.key_pem())
    server.reload()
    assert meet(client, server)[0].extra(TLS_PEER_CERTIFICATE) == renewed.certificate
    assert old.extra(TLS_PEER_CERTIFICATE) == pki.server.certificate


def test_application_protocols_are_the_servers_choice_of_those_offered(pki: ThrowAwayPki) -> None:
    server = X509Creds(pki.dir, "server", settings=Settings(alpn=("h2", "nbd")))
    client, _ = meet(X509Creds(pki.dir, "client", settings=Settings(alpn=("x", "nbd"))), server)
    assert client.extra(TLS_ALPN) == "nbd"
    with pytest.raises(CredsError, match="ALPN name '' is none"):
        X509Creds(pki.dir, "client", settings=Settings(alpn=("",)))


def test_groups_are_those_that_both_chose(
    pki: ThrowAwayPki, engine: str, abilities: frozenset[Ability]
) -> None:
    if Ability.GROUPS not in abilities:
        with pytest.raises(CredsError, match=f"engine {engine} has no choice of groups: do without, or take"):
            X509Creds(pki.dir, "server", settings=Settings(groups="P-384:X25519"))
        return
    server = X509Creds(pki.dir, "server", settings=Settings(groups="P-384:X25519"))
    client, _ = meet(X509Creds(pki.dir, "client", settings=Settings(groups="secp384r1")), server)
    assert str(client.extra(TLS_GROUP)).lower() in {"p-384", "secp384r1"}
    with pytest.raises(HandshakeError):
        meet(X509Creds(pki.dir, "client", settings=Settings(groups="P-521")), server)
