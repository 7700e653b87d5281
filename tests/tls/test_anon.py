from __future__ import annotations

import base64
from pathlib import Path

import pytest

from iochan.authz.simple import SimpleAuthz
from iochan.channels.unix import socketpair
from iochan.core.errors import CredsError, HandshakeError
from iochan.objects import ObjectStore
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import TABLE
from iochan.tls.anon import AnonCreds
from iochan.tls.dhgroup import FFDHE2048
from iochan.tls.facts import TLS_CIPHER, TLS_PEER_NAME, TLS_VERSION
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds


@pytest.mark.parametrize("parameters", [False, True])
@pytest.mark.usefixtures("engine")
def test_strangers_agree_on_an_encrypted_stream(tmp_path: Path, parameters: bool) -> None:
    if parameters:
        (tmp_path / "dh-params.pem").write_bytes(FFDHE2048)
    near, far = socketpair()
    client, server = near.tls_client(AnonCreds("client")), far.tls_server(AnonCreds("server", tmp_path))
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        assert server.extra(TLS_VERSION) == "TLSv1.2"
        assert server.extra(TLS_CIPHER) == "ADH-AES256-GCM-SHA384"
        assert server.extra(TLS_PEER_NAME) is None
        client.write_all(b"hello")
        assert server.read() == b"hello"


def test_nobody_can_be_authorised(tmp_path: Path) -> None:
    near, far = socketpair()
    with near, far, pytest.raises(CredsError, match="anonymous TLS: authorisation needs peers"):
        far.tls_server(AnonCreds("server"), authz=SimpleAuthz("fred"))


def test_it_never_meets_certificates(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    near, far = socketpair()
    server = far.tls_server(X509Creds(pki.dir, "server", verify_peer=False))
    with near.tls_client(AnonCreds("client")) as client, server, pytest.raises(HandshakeError):
        blocking(client.handshake_op(), server.handshake_op())


@pytest.mark.parametrize("name", TABLE)
def test_bad_parameters_are_told_by_every_engine(tmp_path: Path, name: str) -> None:
    (tmp_path / "dh-params.pem").write_text("junk")
    with pytest.raises(CredsError, match=r"dh-params\.pem: holds no DH parameters"):
        AnonCreds("server", tmp_path, settings=Settings(engine=name))


def test_the_object_needs_no_directory_and_bad_parameters_are_told(tmp_path: Path) -> None:
    objects = ObjectStore()
    made = objects.add("tls-creds-anon,id=a,endpoint=server,verify-peer=on,priority=NORMAL")
    assert isinstance(made, AnonCreds)
    assert made.dir is None
    (tmp_path / "dh-params.pem").write_text("junk")
    assert AnonCreds("client", tmp_path).dir == tmp_path
    with pytest.raises(CredsError, match=r"dh-params\.pem: holds no DH parameters"):
        AnonCreds("server", tmp_path)
    with pytest.raises(CredsError, match="endpoint 'x' is none"):
        AnonCreds("x")
    with pytest.raises(CredsError, match="anonymous TLS has no"):
        AnonCreds("client", settings=Settings("TLS_AES_128_GCM_SHA256"))


def test_the_group_of_a_server_that_was_given_none_is_the_one_of_the_rfc() -> None:
    # 2^2048 - 2^1984 + (floor(2^1918 * e) + 560316) * 2^64 - 1: RFC 7919, A.1.
    scale = 1 << 2100
    term, euler, step = scale, 0, 0
    while term:
        euler += term
        step += 1
        term //= step
    middle = ((euler << 1918) // scale + 560316) << 64
    prime = (1 << 2048) - (1 << 1984) + middle - 1
    # A sequence of the prime, a zero before it for its sign, and the generator 2.
    der = bytes.fromhex("3082010802820101 00") + prime.to_bytes(256) + bytes.fromhex("020102")
    assert base64.b64decode(b"".join(FFDHE2048.splitlines()[1:-1])) == der
