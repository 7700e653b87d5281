from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from iochan.core.errors import CredsError
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.endpoint import Endpoint
from iochan.tls.finding import Verdict
from iochan.tls.material import Material
from iochan.tls.pki import Authority, init_directory
from iochan.tls.psk import PskCreds
from iochan.tls.pskfile import read_keys
from iochan.tls.sanity import check_material
from iochan.tls.upkeep import add_user, renew, revoke
from iochan.tls.x509 import X509Creds


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    init_directory(tmp_path / "pki")
    return tmp_path / "pki"


def own(directory: Path, side: str) -> Material:
    return Material.from_directory(directory, Endpoint(side))


def test_renewed_certificates_are_new_and_keep_their_keys_and_names(directory: Path) -> None:
    before = own(directory, "server").identities[0]
    assert [path.name for path in renew(directory)] == ["server-cert.pem", "client-cert.pem"]
    after = own(directory, "server").identities[0]
    old, new = before.chain[0], after.chain[0]
    assert old.serial_number != new.serial_number
    assert (old.subject, old.public_key(), list(old.extensions)) == (
        new.subject,
        new.public_key(),
        list(new.extensions),
    )
    assert all(one.verdict is Verdict.FINE for one in check_material(own(directory, "server")))
    assert not [path for path in directory.iterdir() if path.name.startswith(".")]


def test_an_expired_one_is_mended_by_renewing_it(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    directory = pki.expired_server_dir()
    (directory / "ca-key.pem").write_bytes(pki.authority.identity.key_pem())
    with pytest.raises(CredsError, match="expired"):
        X509Creds(directory, "server")
    renew(directory)
    X509Creds(directory, "server")


def test_a_revoked_one_is_on_a_list_that_grows(directory: Path) -> None:
    path = revoke(directory, directory / "client-cert.pem")
    with pytest.raises(CredsError, match="it was revoked by"):
        X509Creds(directory, "client")
    X509Creds(directory, "server")
    revoke(directory, directory / "server-cert.pem")
    revoke(directory, directory / "server-cert.pem")
    (crl,) = own(directory, "server").crls
    assert len(list(crl)) == 2
    assert crl.next_update_utc is not None
    assert crl.next_update_utc > dt.datetime.now(dt.UTC) + dt.timedelta(days=29)
    assert path.name == "ca-crl.pem"


def test_what_the_authority_did_not_issue_is_left_alone(directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(Authority.create("another CA").issue_client().certificate_pem())
    with pytest.raises(CredsError, match="was not issued by the CA of"):
        revoke(directory, other)
    for side in ("server", "client"):
        (directory / f"{side}-cert.pem").write_bytes(other.read_bytes())
    with pytest.raises(CredsError, match="holds no certificate of its CA"):
        renew(directory)
    (directory / "ca-key.pem").write_bytes((directory / "client-key.pem").read_bytes())
    with pytest.raises(CredsError, match=r"ca-key\.pem: is not the key of"):
        renew(directory)


def test_users_get_a_key_each_that_only_the_owner_may_read(tmp_path: Path) -> None:
    path = add_user(tmp_path, "alice")
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    add_user(tmp_path, "urn:bob")
    assert list(read_keys(path)) == ["alice", "urn:bob"]
    assert path.stat().st_mode & 0o777 == 0o600
    PskCreds(tmp_path, "client", username="urn:bob")
    with pytest.raises(CredsError, match="user 'alice' has a key already"):
        add_user(tmp_path, "alice")


@pytest.mark.parametrize("user", ["", "#x", " x", "a\nb", "a" * 129])
def test_what_breaks_the_line_is_no_user(tmp_path: Path, user: str) -> None:
    with pytest.raises(CredsError):
        add_user(tmp_path, user)
    assert not (tmp_path / "keys.psk").exists()
