from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from typing_extensions import override

from iochan.authz.base import Authz
from iochan.authz.list import ListAuthz
from iochan.authz.rule import Format, Policy, Rule
from iochan.authz.simple import SimpleAuthz
from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.errors import (
    CredsError,
    HandshakeError,
    PeerRejected,
    RemoteProtocolError,
    TruncatedError,
    UnsupportedFeature,
)
from iochan.core.op import Op, run
from iochan.core.opening import connect, listen
from iochan.objects import ObjectStore
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import Ability
from iochan.tls.facts import TLS_ALPN, TLS_CHANNEL_BINDING, TLS_PEER_NAME
from iochan.tls.peercheck import PeerCheck
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

NAME = "CN=throw-away client"


pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def meet(pki: ThrowAwayPki, authz: Authz | None) -> tuple[Channel, Channel]:
    near, far = socketpair()
    client = near.tls_client(X509Creds(pki.dir, "client"), hostname="localhost")
    return client, far.tls_server(X509Creds(pki.dir, "server"), authz=authz)


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ([Rule("CN=somebody else")], False),
        ([Rule(NAME)], True),
        ([Rule("CN=somebody else"), Rule(NAME)], True),
        ([Rule(NAME + ",O=Acme")], False),
        ([Rule("CN=throw-*", Policy.ALLOW, Format.GLOB)], True),
        ([Rule("*away*", Policy.ALLOW, Format.GLOB)], True),
        ([Rule("*away*", Policy.DENY, Format.GLOB), Rule(NAME)], False),
    ],
)
def test_the_name_of_a_client_decides_within_the_handshake(
    pki: ThrowAwayPki, abilities: frozenset[Ability], rules: list[Rule], allowed: bool
) -> None:
    client, server = meet(pki, ListAuthz(rules))
    with client, server:
        if allowed:
            blocking(client.handshake_op(), server.handshake_op())
            assert server.extra(TLS_PEER_NAME) == NAME
            return
        with pytest.raises(PeerRejected, match=f"the peer '{NAME}' may not come in"):
            blocking(client.handshake_op(), server.handshake_op())
        server.abort()
        # The client is told by an alert, and not by a connection that is merely gone.
        fits = Ability.REFUSAL_ALERT in abilities
        told = (RemoteProtocolError, HandshakeError, *(() if fits else (TruncatedError,)))
        with pytest.raises(told, match="alert bad certificate" if fits else None):
            run(handshake_and_read_op(client))


def handshake_and_read_op(channel: Channel) -> Op[bytes]:
    yield from channel.handshake_op()
    return (yield from channel.read_op())


class Breaks(Authz):
    @override
    def refusal(self, identity: str) -> str | None:
        raise RuntimeError("the directory is down")


def test_an_authorisation_that_fails_lets_nobody_in_and_is_told_where_it_was_asked(pki: ThrowAwayPki) -> None:
    client, server = meet(pki, Breaks())
    with client, server, pytest.raises(RuntimeError, match="the directory is down"):
        blocking(client.handshake_op(), server.handshake_op())


def test_authorisation_without_proved_names_is_refused_and_not_skipped(pki: ThrowAwayPki) -> None:
    near, far = socketpair()
    with near, far, pytest.raises(CredsError, match="authorisation needs peers that prove their names"):
        far.tls_server(X509Creds(pki.dir, "server", verify_peer=False), authz=SimpleAuthz(NAME))


def test_an_address_names_an_authorisation_that_may_come_later(pki: ThrowAwayPki) -> None:
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=tls0,endpoint=server,dir={pki.dir}")
    objects.add(f"tls-creds-x509,id=tls1,endpoint=client,dir={pki.dir}")
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0&tls.authz=acl0", objects=objects) as listener:
        address = listener.addresses[0] + "?tls.creds=tls1&tls.hostname=localhost"
        for allowed in (False, True):
            if allowed:
                objects.add(f"authz-simple,id=acl0,identity={NAME}")
            base = connect(address.removeprefix("tls+").partition("?")[0])
            client = base.tls_client(objects.get("tls1", X509Creds), hostname="localhost")
            with client, listener.accept(5) as server:
                if allowed:
                    blocking(client.handshake_op(), server.handshake_op())
                else:
                    with pytest.raises(PeerRejected, match="no object 'acl0'"):
                        blocking(client.handshake_op(), server.handshake_op())


def test_an_address_chooses_by_which_names_it_asks(pki: ThrowAwayPki) -> None:
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=tls0,endpoint=server,dir={pki.dir}")
    objects.add(f"tls-creds-x509,id=tls1,endpoint=client,dir={pki.dir}")
    objects.add("authz-simple,id=acl0,identity=DNS:localhost")
    text = "tls+tcp://127.0.0.1:0?tls.creds=tls0&tls.authz=acl0&tls.authz-by=san"
    with listen(text, objects=objects) as listener:
        base = connect(listener.addresses[0].removeprefix("tls+"))
        client = base.tls_client(objects.get("tls1", X509Creds), hostname="localhost")
        with client, listener.accept(5) as server, pytest.raises(PeerRejected, match="has none of the names"):
            blocking(server.handshake_op(), client.handshake_op())


def test_a_resumed_session_is_asked_again(pki: ThrowAwayPki) -> None:
    # OpenSSL verifies nothing when a session is resumed: the demands must hold all the same.
    pair = PeerCheck(), PeerCheck(authz=SimpleAuthz("CN=somebody else"))
    pair[0].require(lambda: pki.client.certificate)
    with pytest.raises(PeerRejected, match="may not come in"):
        pair[1].require(lambda: pki.client.certificate)
    with pytest.raises(PeerRejected, match="sent no certificate"):
        PeerCheck().require(lambda: None)


@pytest.mark.parametrize(
    "error", [ValueError("78 is no version"), x509.InvalidVersion("78 is no version", 78)], ids=repr
)
def test_a_certificate_that_openssl_lets_pass_and_nobody_can_read_is_refused(error: Exception) -> None:
    def read() -> x509.Certificate:
        raise error

    check = PeerCheck()
    assert not check.check_certificate(read)
    failure = check.take_failure()
    assert isinstance(failure, PeerRejected)
    assert "cannot be read ('78 is no version')" in str(failure)


@pytest.mark.parametrize(
    ("allowed", "good"),
    [("DNS:localhost", True), ("IP:127.0.0.1", True), ("CN=localhost", False), ("DNS:127.0.0.1", False)],
)
def test_alternative_names_are_asked_for_where_that_is_wanted(
    pki: ThrowAwayPki, allowed: str, good: bool
) -> None:
    check = PeerCheck(authz=SimpleAuthz(allowed), by_alternative=True)
    assert check.check_certificate(lambda: pki.server.certificate) is good
    nameless = PeerCheck(authz=SimpleAuthz(allowed), by_alternative=True)
    assert not nameless.check_certificate(lambda: pki.client.certificate)
    assert "has none of the names" in str(nameless.take_failure())
    near, far = socketpair()
    with near, far, pytest.raises(CredsError, match="authz-by 'cn' is none: write subject or san"):
        far.tls_server(X509Creds(pki.dir, "server"), authz=SimpleAuthz(allowed), authz_by="cn")


def test_both_ends_have_one_channel_binding_and_one_application_protocol(
    pki: ThrowAwayPki, engine: str, abilities: frozenset[Ability]
) -> None:
    settings = Settings(alpn=("nbd",), keylog=pki.dir / "keys.log")
    near, far = socketpair()
    client = near.tls_client(X509Creds(pki.dir, "client", settings=settings), hostname="localhost")
    server = far.tls_server(X509Creds(pki.dir, "server", settings=Settings(alpn=("nbd",))))
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        assert client.extra(TLS_ALPN) == server.extra(TLS_ALPN) == "nbd"
        if Ability.EXPORTER in abilities:
            assert client.extra(TLS_CHANNEL_BINDING) == server.extra(TLS_CHANNEL_BINDING)
            assert len(client.extra(TLS_CHANNEL_BINDING)) == 32
        else:
            told = f"engine {engine} has no exported keys and channel binding: take bindings or pyopenssl"
            with pytest.raises(UnsupportedFeature, match=told):
                client.extra(TLS_CHANNEL_BINDING)
    log = pki.dir / "keys.log"
    assert b"CLIENT_TRAFFIC_SECRET_0 " in log.read_bytes()
    assert log.stat().st_mode & 0o077 == 0
    with pytest.raises(CredsError, match="no keys can be written there"):
        X509Creds(pki.dir, "client", settings=Settings(keylog=pki.dir))
