from __future__ import annotations

from pathlib import Path

import pytest

from iochan.authz.simple import SimpleAuthz
from iochan.channels.unix import socketpair
from iochan.core.attribute import Attribute
from iochan.core.errors import (
    CredsError,
    HandshakeError,
    LocalProtocolError,
    PeerRejected,
    TruncatedError,
    UnsupportedFeature,
)
from iochan.core.op import Op
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls import Session
from iochan.tls.ability import Ability
from iochan.tls.facts import (
    TLS_CHANNEL_BINDING,
    TLS_CIPHER,
    TLS_EXPORTER,
    TLS_PEER_CHAIN,
    TLS_PEER_NAME,
    TLS_PEER_NAMES,
    TLS_RESUMED,
    TLS_VERSION,
)
from iochan.tls.session import MAX_UNREAD
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds
from tests.tls.handshake import pass_on, shake

pytestmark = pytest.mark.usefixtures("engine")

NAME = "CN=throw-away client"


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def sessions(pki: ThrowAwayPki) -> tuple[Session, Session]:
    client = Session.client(X509Creds(pki.dir, "client"), hostname="localhost")
    return client, Session.server(X509Creds(pki.dir, "server"), authz=SimpleAuthz(NAME))


@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_bytes_in_and_bytes_out_make_a_session(pki: ThrowAwayPki, piece: int) -> None:
    client, server = sessions(pki)
    shake(client, server, piece)
    assert client.extra(TLS_VERSION) == "TLSv1.3"
    assert client.extra(TLS_CIPHER) == server.extra(TLS_CIPHER)
    assert (client.extra(TLS_PEER_NAME), server.extra(TLS_PEER_NAME)) == ("CN=localhost", NAME)
    assert client.extra(TLS_PEER_NAMES) == ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]
    assert server.extra(TLS_PEER_NAMES) == []
    own, *others = client.extra(TLS_PEER_CHAIN)
    assert own == pki.server.certificate
    # A server on Python's ssl sends the CA, too: OpenSSL completes the chain, and there ssl cannot say no.
    assert others in ([], [pki.authority.identity.certificate])
    server.receive(client.write(b"question" * 20_000))
    got = b""
    while (piece_of := server.read()) is not None:
        got += piece_of
    assert got == b"question" * 20_000
    client.receive(server.write(b"abcdef"))
    assert (client.read(3), client.read(), client.read()) == (b"abc", b"def", None)
    server.receive(client.end())
    assert (server.read(), server.read()) == (b"", b"")


def test_both_ends_export_the_same_keys(
    pki: ThrowAwayPki, engine: str, abilities: frozenset[Ability]
) -> None:
    client, server = sessions(pki)
    shake(client, server)
    if Ability.EXPORTER not in abilities:
        with pytest.raises(UnsupportedFeature, match=f"engine {engine} has no exported keys"):
            client.export("EXPORTER-test", 20, b"context")
        return
    keys = client.export("EXPORTER-test", 20, b"context")
    assert len(keys) == 20
    assert server.extra(TLS_EXPORTER)("EXPORTER-test", 20, b"context") == keys
    assert server.export("EXPORTER-other", 20, b"context") != keys
    assert client.export("EXPORTER-Channel-Binding", 32, b"") == server.extra(TLS_CHANNEL_BINDING)


def test_it_talks_to_a_layer(pki: ThrowAwayPki) -> None:
    near, far = socketpair()
    session = Session.client(X509Creds(pki.dir, "client"), hostname="localhost")
    with near, far.tls_server(X509Creds(pki.dir, "server")) as layer:

        def talk_op() -> Op[None]:
            while not session.handshake():
                yield from near.write_all_op(session.outgoing())
                session.receive((yield from near.read_op()))
            yield from near.write_all_op(session.outgoing() + session.write(b"hello"))

        blocking(talk_op(), layer.handshake_op())
        assert layer.read() == b"hello"
        assert layer.extra(TLS_CIPHER) == session.extra(TLS_CIPHER)


def test_the_next_session_goes_on_from_the_last(pki: ThrowAwayPki, abilities: frozenset[Ability]) -> None:
    creds = X509Creds(pki.dir, "client", settings=Settings(resume=True))
    accepting = X509Creds(pki.dir, "server")
    resumed = []
    for _ in range(2):
        client, server = Session.client(creds, hostname="localhost"), Session.server(accepting)
        shake(client, server)
        client.receive(server.write(b"with the tickets"))
        assert client.read() == b"with the tickets"
        resumed.append((client.extra(TLS_RESUMED), client.extra(TLS_PEER_NAME)))
        server.receive(client.end())
    known = (False, True) if Ability.RESUMED in abilities else (None, None)
    assert resumed == [(known[0], "CN=localhost"), (known[1], "CN=localhost")]


def test_a_refused_peer_is_told_by_what_is_outgoing(pki: ThrowAwayPki, abilities: frozenset[Ability]) -> None:
    client = Session.client(X509Creds(pki.dir, "client"), hostname="elsewhere.example")
    server = Session.server(X509Creds(pki.dir, "server", verify_peer=False))
    client.handshake()
    pass_on(client, server)
    with pytest.raises(PeerRejected, match=r"is not for 'elsewhere\.example'"):
        pass_on(server, client)
    if Ability.REFUSAL_ALERT in abilities:
        with pytest.raises(HandshakeError, match="alert bad certificate"):
            pass_on(client, server)
    elif Ability.CA_NAMES not in abilities:
        # It must not hear that all is well.
        assert client.outgoing() == b""


def test_nothing_is_said_before_the_handshake_nor_taken_before_the_last_was_read(pki: ThrowAwayPki) -> None:
    client, server = sessions(pki)
    for call in (client.read, lambda: client.write(b"x"), lambda: client.export("EXPORTER-x", 1)):
        with pytest.raises(LocalProtocolError, match=r"call handshake\(\) until it is True"):
            call()
    shake(client, server)
    server.receive(client.write(b"one"))
    server.receive(client.write(b"two"))
    assert (server.read(3), server.read(3), server.read()) == (b"one", b"two", None)
    wire = client.write(bytes(MAX_UNREAD))
    server.receive(wire[:MAX_UNREAD])
    with pytest.raises(LocalProtocolError, match="1048576 bytes that were not read"):
        server.receive(wire[MAX_UNREAD:])
    with pytest.raises(LocalProtocolError, match="1048576 bytes that were not read"):
        sessions(pki)[1].receive(bytes(MAX_UNREAD + 1))
    with pytest.raises(LookupError, match="does not know"):
        server.extra(Attribute[str]("colour"))


def test_a_cut_is_no_end(pki: ThrowAwayPki) -> None:
    client, server = sessions(pki)
    shake(client, server)
    server.receive(b"")
    with pytest.raises(TruncatedError):
        server.read()


def test_a_client_must_say_whom_it_wants(pki: ThrowAwayPki) -> None:
    with pytest.raises(CredsError, match="no host name"):
        Session.client(X509Creds(pki.dir, "client"))
    with pytest.raises(CredsError, match="expected"):
        Session.server(X509Creds(pki.dir, "client"))
