from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from iochan.core.errors import CredsError
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import TABLE, Ability
from iochan.tls.pki import Identity
from iochan.tls.settings import Settings
from iochan.tls.staple import Staple
from iochan.tls.x509 import X509Creds


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def answer(
    pki: ThrowAwayPki,
    about: Identity,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    until: dt.timedelta = dt.timedelta(days=1),
) -> bytes:
    """Return what the CA's responder says about an identity."""
    now, own = dt.datetime.now(dt.UTC), pki.authority.identity
    revoked = now if status is ocsp.OCSPCertStatus.REVOKED else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about.certificate,
        issuer=own.certificate,
        algorithm=SHA1(),
        cert_status=status,
        this_update=now - dt.timedelta(days=2),
        next_update=now + until,
        revocation_time=revoked,
        revocation_reason=None,
    )
    named = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, own.certificate)
    return named.sign(own.key, SHA256()).public_bytes(Encoding.DER)


def test_an_answer_is_given_until_it_counts_no_longer(pki: ThrowAwayPki) -> None:
    der = answer(pki, pki.server)
    assert Staple.parse("x", der, pki.server.certificate).now() == der
    late = answer(pki, pki.server, until=dt.timedelta(days=-1))
    assert Staple.parse("x", late, pki.server.certificate).now() == b""


def test_what_is_no_good_answer_is_refused_when_it_is_loaded(pki: ThrowAwayPki) -> None:
    unsuccessful = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    cases = [
        (b"junk", "holds no OCSP answer in DER"),
        (unsuccessful.public_bytes(Encoding.DER), "the responder answered TRY_LATER"),
        (answer(pki, pki.client), "is about another certificate"),
        (answer(pki, pki.server, ocsp.OCSPCertStatus.REVOKED), "calls the certificate REVOKED"),
    ]
    for der, told in cases:
        (pki.dir / "server-ocsp.der").write_bytes(der)
        with pytest.raises(CredsError, match=rf"server-ocsp\.der: {told}"):
            X509Creds(pki.dir, "server")


@pytest.mark.parametrize("name", TABLE)
def test_an_engine_sends_it_or_says_that_it_cannot(pki: ThrowAwayPki, name: str) -> None:
    (pki.dir / "server-ocsp.der").write_bytes(answer(pki, pki.server))
    if Ability.STAPLES in TABLE[name]:
        assert X509Creds(pki.dir, "server", settings=Settings(engine=name)).engine.name == name
    else:
        with pytest.raises(CredsError, match=f"engine {name} has no answers of a CA's responder"):
            X509Creds(pki.dir, "server", settings=Settings(engine=name))
