from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from iochan.channels.socket import SocketChannel
from iochan.channels.unix import socketpair
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Shutdown
from iochan.core.errors import (
    ChannelClosedError,
    ChannelTimeout,
    CredsError,
    HandshakeError,
    LocalProtocolError,
    PeerRejected,
    RemoteProtocolError,
    TruncatedError,
    UnsupportedFeature,
)
from iochan.core.feature import ReadFlag
from iochan.core.op import Op, run
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.endpoint import Endpoint
from iochan.tls.facts import (
    TLS_CIPHER,
    TLS_GROUP,
    TLS_PEER_CERTIFICATE,
    TLS_PEER_CHAIN,
    TLS_PEER_NAME,
    TLS_VERSION,
)
from iochan.tls.layer import upgrade
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds
from tests.descriptors import no_descriptor_is_left

Pair = tuple[Channel, Channel]


pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path_factory.mktemp("pki"))


def wrap(pki: ThrowAwayPki, ends: Pair, *, mutual: bool = False, hostname: str = "localhost") -> Pair:
    """Return the client's and the server's end of TLS on *ends*, handshakes not done."""
    client = X509Creds(pki.dir, "client")
    server = X509Creds(pki.dir, "server", verify_peer=mutual)
    return ends[0].tls_client(client, hostname=hostname), ends[1].tls_server(server)


@pytest.fixture
def pair(pki: ThrowAwayPki) -> Iterator[Pair]:
    """Connect a client and a server by TLS 1.3."""
    client, server = wrap(pki, socketpair())
    blocking(client.handshake_op(), server.handshake_op())
    yield client, server
    client.abort()
    server.abort()


def test_both_know_what_they_agreed_on_and_who_the_other_is(pki: ThrowAwayPki) -> None:
    client, server = wrap(pki, socketpair(), mutual=True)
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        top = client.buffered()
        assert top.extra(TLS_VERSION) == server.extra(TLS_VERSION) == "TLSv1.3"
        assert top.extra(TLS_CIPHER) == server.extra(TLS_CIPHER)
        assert top.extra(TLS_GROUP) == server.extra(TLS_GROUP)
        assert top.extra(TLS_PEER_NAME) == "CN=localhost"
        assert server.extra(TLS_PEER_NAME) == "CN=throw-away client"
        certificate = server.extra(TLS_PEER_CERTIFICATE)
        assert certificate is not None
        assert server.extra(TLS_PEER_CHAIN)[0] == certificate
        run(client.handshake_op())  # a second one has nothing to do


def test_a_raw_socket_becomes_a_protected_channel(pki: ThrowAwayPki) -> None:
    left, right = socket.socketpair()
    client = Channel.tls_client(left, X509Creds(pki.dir, "client"), hostname="127.0.0.1")
    server = Channel.tls_server(right.detach(), X509Creds(pki.dir, "server", verify_peer=False))
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        client.write_all(b"hello")
        assert server.read() == b"hello"


@pytest.mark.parametrize(
    ("directory", "hostname", "error", "message"),
    [
        ("dir", "elsewhere.example", PeerRejected, "is not for 'elsewhere.example'"),
        ("dir", "192.0.2.1", PeerRejected, r"is not for '192\.0\.2\.1'"),
        ("other", "localhost", PeerRejected, "issuer is not known|not trusted"),
    ],
)
def test_a_server_that_is_not_who_it_must_be_is_refused(
    pki: ThrowAwayPki, tmp_path: Path, directory: str, hostname: str, error: type[Exception], message: str
) -> None:
    trusted = pki.dir if directory == "dir" else ThrowAwayPki(tmp_path).dir
    left, right = socketpair()
    client = left.tls_client(X509Creds(trusted, "client"), hostname=hostname)
    server = right.tls_server(X509Creds(pki.dir, "server", verify_peer=False))

    def serve_op() -> Op[object]:
        try:
            yield from server.handshake_op()
            return (yield from server.read_op())
        except (HandshakeError, TruncatedError) as told:
            return told

    def connect_op() -> Op[None]:
        try:
            yield from client.handshake_op()
        finally:
            client.abort()

    with server, pytest.raises(error, match=message):
        blocking(connect_op(), serve_op())


def test_a_client_must_say_whom_it_wants_and_creds_have_one_side(pki: ThrowAwayPki) -> None:
    left, right = socketpair()
    with left, right:
        with pytest.raises(CredsError, match="no host name"):
            left.tls_client(X509Creds(pki.dir, "client"))
        with pytest.raises(CredsError, match="expected"):
            left.tls_server(X509Creds(pki.dir, "client"))
        with pytest.raises(CredsError, match="expected"):
            left.tls_client(X509Creds(pki.dir, Endpoint.SERVER), hostname="localhost")


def test_no_byte_passes_before_the_handshake(pki: ThrowAwayPki) -> None:
    client, server = wrap(pki, socketpair())
    for end in (client, server):
        with pytest.raises(LocalProtocolError, match=r"call handshake\(\) first"):
            end.read()
        with pytest.raises(LocalProtocolError, match=r"call handshake\(\) first"):
            end.write(b"x")
        end.abort()


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n" * 3, bytes(64), b"\x16\x03\x01\x40\x01" + bytes(200)],
)
@pytest.mark.parametrize("side", ["client", "server"])
def test_what_does_not_speak_tls_is_told_from_what_fails(
    pki: ThrowAwayPki, garbage: bytes, side: str
) -> None:
    left, right = socketpair()
    creds = X509Creds(pki.dir, side, verify_peer=False)
    channel = left.tls_client(creds) if side == "client" else left.tls_server(creds)
    with right, channel:
        right.write_all(garbage)
        right.write_eof()
        with pytest.raises(HandshakeError) as caught:
            channel.handshake()
        said = str(caught.value)
        assert ("does not speak TLS" in said) == (garbage[0] != 0x16)


def test_a_silent_peer_ends_at_the_deadline(pki: ThrowAwayPki) -> None:
    client, server = wrap(pki, socketpair())
    with pytest.raises(ChannelTimeout, match="the handshake of tls did not end within"):
        server.handshake(timeout=0.02)
    server.abort()
    client.abort()


def test_a_handshake_cut_anywhere_leaks_nothing_and_says_so(pki: ThrowAwayPki) -> None:
    client, server = wrap(pki, socketpair())
    op = client.handshake_op()
    assert isinstance(next(op), Blocked)
    assert server.lower is not None
    hello = server.lower.read()
    op.close()
    client.abort()
    server.abort()
    with no_descriptor_is_left():
        for cut in {0, 1, 5, 6, 43, len(hello) // 2, len(hello) - 1}:
            raw, right = socketpair()
            end = right.tls_server(X509Creds(pki.dir, "server", verify_peer=False))
            with raw, end:
                raw.write_all(hello[:cut])
                raw.write_eof()
                with pytest.raises(HandshakeError, match="ended the connection during the TLS handshake"):
                    end.handshake()


def test_a_goodbye_is_an_end_and_a_cut_is_not(pki: ThrowAwayPki, pair: Pair) -> None:
    client, server = pair
    client.write_all(b"last")
    client.close()
    assert server.read() == b"last"
    assert server.read() == b""
    assert server.read() == b""
    other, cut = wrap(pki, socketpair())
    blocking(other.handshake_op(), cut.handshake_op())
    with cut:
        other.write_all(b"half")
        other.abort()
        assert cut.read() == b"half"
        with pytest.raises(TruncatedError, match="without close_notify"):
            cut.read()
        room = bytearray(1)
        assert cut.readv([room], flags=ReadFlag.RELAXED_EOF) == 0


def test_after_a_local_shutdown_of_reading_a_cut_is_an_end(pair: Pair) -> None:
    client, server = pair
    server.shutdown(Shutdown.READ)
    client.abort()
    assert server.read() == b""


def test_each_direction_ends_on_its_own(pair: Pair) -> None:
    client, server = pair
    client.write_all(b"question")
    client.write_eof()
    assert server.read_exactly(8) == b"question"
    assert server.read() == b""
    with pytest.raises(LocalProtocolError, match="nothing can follow the goodbye"):
        client.write(b"more")
    server.write_all(b"answer")
    assert client.read_exactly(6) == b"answer"


def test_a_peer_that_reads_nothing_stops_the_writer(pair: Pair) -> None:
    client, _ = pair
    taken = 0
    piece = memoryview(bytes(1 << 20))
    while not isinstance(put := client.try_writev([piece]), Blocked):
        taken += put
        assert taken < 8 << 20, "forty MiB would go the same way"
    assert isinstance(client.try_flush(), Blocked)


def test_tickets_wait_for_the_servers_first_bytes(pair: Pair) -> None:
    client, server = pair
    raw = client.lower
    assert isinstance(raw, SocketChannel)
    raw.blocking = False
    with pytest.raises(BlockingIOError):
        raw.read()
    server.write_all(b"x")
    assert client.read() == b"x"


def test_descriptors_are_refused_under_tls(pair: Pair) -> None:
    client, _ = pair
    with pytest.raises(UnsupportedFeature, match="FD_PASS"):
        client.writev([b"x"], fds=[0])


def test_junk_after_the_handshake_breaks_the_session(pair: Pair) -> None:
    client, server = pair
    assert client.lower is not None
    client.lower.write_all(b"\x17\x03\x03\x00\x20" + os.urandom(32))
    with pytest.raises(RemoteProtocolError, match="the TLS session failed"):
        server.read()
    with pytest.raises((RemoteProtocolError, ConnectionError)):  # noqa: PT012 - whichever end tells first
        for _ in range(3):
            server.write_all(b"x" * 100)
            client.read()


def test_a_closed_one_refuses(pair: Pair) -> None:
    client, _ = pair
    client.abort()
    with pytest.raises(ChannelClosedError):
        client.read()


def test_tls_inside_tls(pki: ThrowAwayPki) -> None:
    client, server = wrap(pki, wrap(pki, socketpair()))
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        client.write_all(bytes(200_000)[:100])
        assert server.read_exactly(100) == bytes(100)
        assert str(client).startswith("tls+tls+")


def starttls_op(channel: Channel, ask: bytes, secure: Callable[[Channel], Op[Channel]]) -> Op[Channel]:
    """Say *ask*, hear the same, then protect the channel: what STARTTLS is in every protocol."""
    yield from channel.write_all_op(ask)
    assert (yield from channel.read_exactly_op(len(ask))) == ask
    return (yield from secure(channel))


def test_a_protocol_starts_tls_in_its_midst_without_knowing_it(pki: ThrowAwayPki) -> None:
    left, right = socketpair()
    clients = upgrade(X509Creds(pki.dir, "client"), hostname="localhost")
    servers = upgrade(X509Creds(pki.dir, "server", verify_peer=False))
    client, server = blocking(
        starttls_op(left, b"STARTTLS", clients), starttls_op(right, b"STARTTLS", partial(servers))
    )
    with client, server:
        server.write_all(b"safe")
        assert client.read() == b"safe"


def test_a_failed_upgrade_closes_what_it_was_given(pki: ThrowAwayPki) -> None:
    left, right = socketpair()
    with right:
        right.write_eof()
        with pytest.raises(HandshakeError):
            run(upgrade(X509Creds(pki.dir, "server", verify_peer=False))(left))
        assert left.closed


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_both_versions_carry_both_directions(pki: ThrowAwayPki, version: str) -> None:
    left, right = socketpair()
    only = Settings(f"NORMAL:-VERS-ALL:+VERS-TLS{version}")
    client = left.tls_client(X509Creds(pki.dir, "client", settings=only), hostname="localhost")
    server = right.tls_server(X509Creds(pki.dir, "server", verify_peer=False))
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        assert client.extra(TLS_VERSION) == f"TLSv{version}"
        data = os.urandom(300_000)
        _, got = blocking(client.write_all_op(data), server.read_exactly_op(len(data)))
        assert got == data
