from __future__ import annotations

import os
from pathlib import Path

import pytest

from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from iochan.tls import Session
from iochan.tls.facts import TLS_PEER_CERTIFICATE, TLS_PEER_NAME
from iochan.tls.psk import PskCreds
from iochan.tls.settings import Settings
from iochan.tls.watching import stamp
from iochan.tls.x509 import X509Creds
from tests.tls.handshake import shake

KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def seen_by(client: X509Creds, server: X509Creds) -> object:
    session = Session.client(client, hostname="localhost")
    shake(session, Session.server(server))
    return session.extra(TLS_PEER_CERTIFICATE)


def test_a_changed_file_counts_from_the_next_session_on_and_a_bad_one_never(
    pki: ThrowAwayPki, caplog: pytest.LogCaptureFixture
) -> None:
    client = X509Creds(pki.dir, "client")
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=tls0,endpoint=server,dir={pki.dir},watch=on,verify-peer=off")
    server = objects.get("tls0", X509Creds)
    renewed = pki.authority.issue_server()
    (pki.dir / "server-cert.pem").write_bytes(renewed.certificate_pem())
    # Between the two files they do not go together: what was loaded goes on.
    assert seen_by(client, server) == seen_by(client, server) == pki.server.certificate
    (told,) = [record for record in caplog.records if "is not the key of" in record.getMessage()]
    assert told.getMessage().endswith("what was loaded before goes on")
    (pki.dir / "server-key.pem").write_bytes(renewed.key_pem())
    assert seen_by(client, server) == renewed.certificate


def test_unchanged_files_are_left_alone_and_those_that_nobody_watches_too(pki: ThrowAwayPki) -> None:
    for path in pki.dir.iterdir():
        os.utime(path)
    client = X509Creds(pki.dir, "client")
    idle = X509Creds(pki.dir, "server", verify_peer=False)
    before = idle.context
    (pki.dir / "server-cert.pem").write_bytes(b"bad")
    assert seen_by(client, idle) == pki.server.certificate
    assert idle.context is before


def test_keys_are_watched_as_well(tmp_path: Path) -> None:
    path = tmp_path / "keys.psk"
    path.write_text(f"qemu:{KEY}\n")
    server = PskCreds(tmp_path, "server", settings=Settings(watch=True))
    path.write_text(f"qemu:{KEY}\nfred:{KEY}\n")
    accepted = Session.server(server)
    shake(Session.client(PskCreds(tmp_path, "client", username="fred")), accepted)
    assert accepted.extra(TLS_PEER_NAME) == "fred"


def test_a_stamp_differs_once_more_when_the_times_can_be_relied_upon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca-cert.pem").write_text("x")
    (tmp_path / "notes.txt").write_text("not looked at")
    fresh = stamp(tmp_path)
    assert fresh == stamp(tmp_path)
    assert [one[0] for one in fresh] == ["ca-cert.pem"]
    monkeypatch.setattr("iochan.tls.watching._SETTLED_NS", 0)
    assert stamp(tmp_path) != fresh
    assert stamp(tmp_path / "absent") == ()
