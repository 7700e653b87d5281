from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from iochan.core.errors import CredsError, PeerRejected
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.endpoint import Endpoint
from iochan.tls.identity import check_hostname
from iochan.tls.x509 import X509Creds


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def test_good_directories_load_on_both_sides(pki: ThrowAwayPki) -> None:
    for directory in (
        pki.dir,
        pki.chain_dir(),
        pki.no_client_dir(),
        pki.wrong_ca_dir(),
        pki.wrong_name_dir(),
    ):
        for endpoint in Endpoint:
            assert X509Creds(directory, endpoint).dir == directory


def test_bad_directories_fail_for_their_own_reason(pki: ThrowAwayPki) -> None:
    with pytest.raises(CredsError, match="expired on"):
        X509Creds(pki.expired_server_dir(), Endpoint.SERVER)
    with pytest.raises(CredsError, match="not valid before"):
        X509Creds(pki.future_server_dir(), Endpoint.SERVER)


def test_the_wrong_ca_has_the_same_name_and_another_key(pki: ThrowAwayPki) -> None:
    wrong = x509.load_pem_x509_certificate((pki.wrong_ca_dir() / "ca-cert.pem").read_bytes())
    right = pki.authority.identity.certificate
    assert wrong.subject == right.subject
    assert wrong.public_key() != right.public_key()


def test_the_wrong_name_is_not_localhost(pki: ThrowAwayPki) -> None:
    shown = x509.load_pem_x509_certificate((pki.wrong_name_dir() / "server-cert.pem").read_bytes())
    check_hostname(pki.server.certificate, "localhost")
    with pytest.raises(PeerRejected):
        check_hostname(shown, "localhost")
