from __future__ import annotations

from pathlib import Path

import pytest

from iochan.authz.simple import SimpleAuthz
from iochan.channels.unix import socketpair
from iochan.core.attribute import Attribute
from iochan.core.errors import CredsError, HandshakeError, LocalProtocolError, PeerRejected, TruncatedError
from iochan.core.op import Op
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls import Session
from iochan.tls.context import Settings
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
from iochan.tls.x509 import X509Creds

NAME = "CN=throw-away client"


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def pass_on(source: Session, target: Session, piece: int = 1 << 16) -> None:
    """Carry what *source* has to send to *target*, in pieces of *piece* bytes."""
    wire = source.outgoing()
    for start in range(0, len(wire), piece):
        target.receive(wire[start : start + piece])
        if target.established:
            assert target.read() is None
        else:
            target.handshake()


def shake(client: Session, server: Session, piece: int = 1 << 16) -> None:
    for _ in range(6):
        client.handshake()
        pass_on(client, server, piece)
        pass_on(server, client, piece)
        if client.established and server.established:
            return
    raise AssertionError("the handshake did not end")


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
    assert client.extra(TLS_PEER_CHAIN) == [pki.server.certificate]
    server.receive(client.write(b"question" * 20_000))
    got = b""
    while (piece_of := server.read()) is not None:
        got += piece_of
    assert got == b"question" * 20_000
    client.receive(server.write(b"abcdef"))
    assert (client.read(3), client.read(), client.read()) == (b"abc", b"def", None)
    server.receive(client.end())
    assert (server.read(), server.read()) == (b"", b"")


def test_both_ends_export_the_same_keys(pki: ThrowAwayPki) -> None:
    client, server = sessions(pki)
    shake(client, server)
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
        assert layer.extra(TLS_EXPORTER)("EXPORTER-x", 8) == session.export("EXPORTER-x", 8)


def test_the_next_session_goes_on_from_the_last(pki: ThrowAwayPki) -> None:
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
    assert resumed == [(False, "CN=localhost"), (True, "CN=localhost")]


def test_a_refused_peer_is_told_by_what_is_outgoing(pki: ThrowAwayPki) -> None:
    client = Session.client(X509Creds(pki.dir, "client"), hostname="elsewhere.example")
    server = Session.server(X509Creds(pki.dir, "server", verify_peer=False))
    client.handshake()
    pass_on(client, server)
    with pytest.raises(PeerRejected, match=r"is not for 'elsewhere\.example'"):
        pass_on(server, client)
    with pytest.raises(HandshakeError, match="alert"):
        pass_on(client, server)


def test_nothing_is_said_before_the_handshake_nor_taken_before_the_last_was_read(pki: ThrowAwayPki) -> None:
    client, server = sessions(pki)
    for call in (client.read, lambda: client.write(b"x"), lambda: client.export("EXPORTER-x", 1)):
        with pytest.raises(LocalProtocolError, match=r"call handshake\(\) until it is True"):
            call()
    shake(client, server)
    server.receive(client.write(b"one"))
    server.receive(client.write(b"two"))
    assert server.read() == b"onetwo"
    with pytest.raises(LocalProtocolError, match="1048576 bytes that were not read"):
        for _ in range(64):
            server.receive(client.write(bytes(60_000)))
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
