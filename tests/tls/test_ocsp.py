from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from iochan.core.errors import CredsError, PeerRejected
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import TABLE, Ability
from iochan.tls.ocsp import MAX_AGE, OcspPolicy, check_answer, read_ocsp
from iochan.tls.pki import Identity
from iochan.tls.session import Session
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

ENGINES = [name for name, has in TABLE.items() if Ability.OCSP in has]
DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC)
GOOD, REVOKED, UNKNOWN = (
    ocsp.OCSPCertStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN,
)


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def responder(pki: ThrowAwayPki, *, entitled: bool) -> Identity:
    """Return somebody whom the CA lets answer, or has given a certificate for something else."""
    key, own = ec.generate_private_key(ec.SECP256R1()), pki.authority.identity
    usage = ExtendedKeyUsageOID.OCSP_SIGNING if entitled else ExtendedKeyUsageOID.SERVER_AUTH
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "responder")]))
        .issuer_name(own.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    algorithm = SHA256() if isinstance(own.key, ec.EllipticCurvePrivateKey) else None
    return Identity(builder.sign(own.key, algorithm), key)


def answer(
    pki: ThrowAwayPki,
    about: Identity,
    status: ocsp.OCSPCertStatus = GOOD,
    *,
    since: dt.datetime = NOW - DAY,
    until: dt.datetime | None = NOW + DAY,
    by: Identity | None = None,
    issuer: Identity | None = None,
) -> bytes:
    own = pki.authority.identity
    signer = by or own
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about.certificate,
        issuer=(issuer or own).certificate,
        algorithm=SHA1(),
        cert_status=status,
        this_update=since,
        next_update=until,
        revocation_time=NOW - DAY if status is REVOKED else None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    if by is not None:
        builder = builder.certificates([by.certificate])
    algorithm = SHA256() if isinstance(signer.key, ec.EllipticCurvePrivateKey) else None
    return builder.sign(signer.key, algorithm).public_bytes(Encoding.DER)


def chain(pki: ThrowAwayPki) -> list[x509.Certificate]:
    return [pki.server.certificate, pki.authority.identity.certificate]


def test_good_answers_are_believed(pki: ThrowAwayPki) -> None:
    for der in (
        answer(pki, pki.server),
        answer(pki, pki.server, by=responder(pki, entitled=True)),
        answer(pki, pki.server, until=None),
    ):
        check_answer(OcspPolicy.REQUIRE, der, chain(pki))


def test_each_bad_answer_is_refused_for_its_reason(pki: ThrowAwayPki) -> None:
    unsuccessful = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    whole = answer(pki, pki.server)
    for der, told in (
        (b"junk", "cannot be read"),
        (whole[:-1], "cannot be read"),
        (whole[:-1] + bytes([whole[-1] ^ 1]), "is not signed by"),
        (unsuccessful.public_bytes(Encoding.DER), "says TRY_LATER"),
        (answer(pki, pki.client), "is about other certificates"),
        (answer(pki, pki.server, issuer=pki.client), "is about other certificates"),
        (answer(pki, pki.server, by=pki.client), "is not signed by"),
        (answer(pki, pki.server, by=responder(pki, entitled=False)), "is not signed by"),
        (answer(pki, pki.server, since=NOW + DAY, until=NOW + 2 * DAY), "counts from"),
        (answer(pki, pki.server, since=NOW - 2 * DAY, until=NOW - DAY), "has counted until"),
        (answer(pki, pki.server, since=NOW - MAX_AGE - DAY, until=None), "has counted until"),
        (answer(pki, pki.server, REVOKED), "is revoked since"),
        (answer(pki, pki.server, UNKNOWN), "does not know the certificate"),
    ):
        with pytest.raises(PeerRejected, match=told):
            check_answer(OcspPolicy.CHECK, der, chain(pki))


def test_none_is_refused_where_one_is_required_or_promised(pki: ThrowAwayPki) -> None:
    check_answer(OcspPolicy.CHECK, b"", chain(pki))
    with pytest.raises(PeerRejected, match="sent no answer"):
        check_answer(OcspPolicy.REQUIRE, b"", chain(pki))
    own = pki.server.certificate
    promising = (
        x509.CertificateBuilder(own.issuer, own.subject, own.public_key(), 7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
        .sign(pki.server.key, SHA256() if isinstance(pki.server.key, ec.EllipticCurvePrivateKey) else None)
    )
    with pytest.raises(PeerRejected, match="sent no answer"):
        check_answer(OcspPolicy.CHECK, b"", [promising])


def talk(client: Session, server: Session) -> None:
    """Do the handshake of both, and say a word each way."""
    while not (client.handshake() and server.handshake()):
        server.receive(client.outgoing())
        server.handshake()
        client.receive(server.outgoing())
    client.receive(server.outgoing() + server.write(b"hello"))
    assert client.read() == b"hello"


@pytest.mark.parametrize("version", ["tls1.2", "tls1.3"])
@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("sent", "policy", "refused"),
    [
        ("good", OcspPolicy.REQUIRE, None),
        ("none", OcspPolicy.CHECK, None),
        ("none", OcspPolicy.REQUIRE, "sent no answer"),
        ("revoked", OcspPolicy.CHECK, "is revoked since"),
        ("revoked", OcspPolicy.OFF, None),
    ],
)
def test_a_client_asks_and_looks(
    pki: ThrowAwayPki, name: str, version: str, sent: str, policy: OcspPolicy, refused: str | None
) -> None:
    priority = "NORMAL:-VERS-ALL:+VERS-" + version.upper()
    server_creds = X509Creds(pki.dir, "server", settings=Settings(priority, engine="bindings"))
    if sent != "none":
        der = answer(pki, pki.server, REVOKED if sent == "revoked" else GOOD)
        server_creds.context.set_ocsp_server_callback(lambda _connection, _data: der)
    settings = Settings(priority, engine=name, ocsp=policy)
    client = Session.client(X509Creds(pki.dir, "client", settings=settings), hostname="localhost")
    server = Session.server(server_creds)
    if refused is None:
        talk(client, server)
    else:
        with pytest.raises(PeerRejected, match=refused):
            talk(client, server)


def test_only_a_client_that_verifies_can_want_one(pki: ThrowAwayPki) -> None:
    settings = Settings(ocsp=OcspPolicy.REQUIRE)
    with pytest.raises(CredsError, match="ocsp=require: only a client"):
        X509Creds(pki.dir, "server", settings=settings)
    with pytest.raises(CredsError, match="ocsp=require: only a client"):
        X509Creds(pki.dir, "client", verify_peer=False, settings=settings)
    with pytest.raises(CredsError, match="engine ssl has no check of such an answer"):
        X509Creds(pki.dir, "client", settings=Settings(ocsp=OcspPolicy.CHECK, engine="ssl"))
    with pytest.raises(CredsError, match="ocsp 'sometimes' is none: write off, check, require"):
        read_ocsp("sometimes")
