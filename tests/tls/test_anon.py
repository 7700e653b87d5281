from __future__ import annotations

from pathlib import Path

import pytest

from iochan.authz.simple import SimpleAuthz
from iochan.channels.unix import socketpair
from iochan.core.errors import CredsError, HandshakeError
from iochan.objects import ObjectStore
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import TABLE, Ability
from iochan.tls.anon import AnonCreds
from iochan.tls.facts import TLS_CIPHER, TLS_PEER_NAME, TLS_VERSION
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

# RFC 7919, A.1: the group of 2048 bits, as openssl dhparam writes it.
PARAMETERS = """-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


@pytest.mark.parametrize("parameters", [False, True])
def test_strangers_agree_on_an_encrypted_stream(
    tmp_path: Path, engine: str, abilities: frozenset[Ability], parameters: bool
) -> None:
    if parameters:
        (tmp_path / "dh-params.pem").write_text(PARAMETERS)
    elif Ability.OWN_DH not in abilities:
        with pytest.raises(CredsError, match=f"engine {engine} has no DH parameters for an anonymous server"):
            AnonCreds("server", tmp_path)
        return
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
