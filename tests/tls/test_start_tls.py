"""Upgrading in the midst of a conversation, with somebody in the middle who writes into the clear part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.errors import ChannelClosedError, HandshakeError, PeerRejected, RemoteProtocolError
from iochan.core.op import Op
from iochan.layers.buffered import BufferedLayer
from iochan.layers.prefix import PrefixLayer
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_PEER_NAME
from iochan.tls.layer import start_tls_op
from iochan.tls.x509 import X509Creds

Ends = tuple[BufferedLayer, BufferedLayer]

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A client's and a server's end of a plain conversation by lines."""
    near, far = socketpair()
    pair = BufferedLayer(near), BufferedLayer(far)
    yield pair
    for end in pair:
        end.abort()


def server_op(channel: BufferedLayer, pki: ThrowAwayPki, log: list[bytes]) -> Op[bytes]:
    """Serve a toy protocol: a name in the clear, then TLS, then a command."""
    log.append((yield from channel.read_line_op()))
    assert (yield from channel.read_line_op()) == b"STARTTLS\n"
    yield from channel.write_all_op(b"go ahead\n")
    creds = X509Creds(pki.dir, "server", verify_peer=False)
    tls = yield from start_tls_op(channel, creds, reset=log.clear)
    return (yield from tls.read_exactly_op(4))


def client_op(channel: BufferedLayer, pki: ThrowAwayPki, extra: bytes = b"") -> Op[str | None]:
    yield from channel.write_all_op(b"HELO me\nSTARTTLS\n" + extra)
    assert (yield from channel.read_line_op()) == b"go ahead\n"
    tls = yield from start_tls_op(channel, X509Creds(pki.dir, "client"), hostname="localhost")
    yield from tls.write_all_op(b"MAIL")
    return tls.extra(TLS_PEER_NAME)


def test_both_go_on_under_tls_and_what_was_learnt_before_is_forgotten(ends: Ends, pki: ThrowAwayPki) -> None:
    log: list[bytes] = []
    name, command = blocking(client_op(ends[0], pki), server_op(ends[1], pki, log))
    assert (name, command, log) == ("CN=localhost", b"MAIL", [])


def test_a_command_put_behind_the_clients_last_line_is_refused(ends: Ends, pki: ThrowAwayPki) -> None:
    # The one in the middle writes on in the packet of the client: a naive server runs it under TLS.
    log: list[bytes] = []
    with pytest.raises(RemoteProtocolError, match="6 plain bytes came before TLS and were not read"):
        blocking(server_op(ends[1], pki, log), client_op(ends[0], pki, b"EVIL!\n"))
    with pytest.raises(ChannelClosedError):
        ends[1].read()


def test_an_answer_put_behind_the_servers_last_line_is_refused(ends: Ends, pki: ThrowAwayPki) -> None:
    ends[1].write_all(b"go ahead\nsigned, the server\n")
    with pytest.raises(RemoteProtocolError, match="19 plain bytes came before TLS"):
        blocking(client_op(ends[0], pki))


def test_bytes_in_a_deeper_layer_count_too(ends: Ends, pki: ThrowAwayPki) -> None:
    top = PrefixLayer(ends[0], b"left over")
    with pytest.raises(RemoteProtocolError, match="9 plain bytes"):
        blocking(
            start_tls_op(top.layer("throttle", rate=1000), X509Creds(pki.dir, "client"), hostname="localhost")
        )


def test_plain_bytes_that_come_later_are_no_tls(ends: Ends, pki: ThrowAwayPki) -> None:
    ends[1].write_all(b"QUIT\r\n")
    with pytest.raises(HandshakeError, match="does not speak TLS"):
        blocking(start_tls_op(ends[0], X509Creds(pki.dir, "client"), hostname="localhost"))


def test_a_protocol_that_looked_at_the_first_bytes_hands_them_over(ends: Ends, pki: ThrowAwayPki) -> None:
    def sniff_op(channel: BufferedLayer) -> Op[bytes]:
        seen = yield from channel.read_op(300)
        assert seen[:1] == b"\x16"
        # What is behind these bytes waits here, as it would wherever they were read from.
        rest = b""
        if channel.buffered_bytes:
            rest = yield from channel.read_op(channel.buffered_bytes)
        creds = X509Creds(pki.dir, "server", verify_peer=False)
        tls = yield from start_tls_op(channel, creds, client_hello=seen + rest)
        return (yield from tls.read_exactly_op(2))

    def tls_op() -> Op[None]:
        client = ends[0].tls_client(X509Creds(pki.dir, "client"), hostname="localhost")
        yield from client.handshake_op()
        yield from client.write_all_op(b"hi")

    _, got = blocking(tls_op(), sniff_op(ends[1]))
    assert got == b"hi"


def test_whatever_fails_closes_the_channel(ends: Ends, pki: ThrowAwayPki) -> None:
    def broken() -> None:
        raise RuntimeError("cannot forget")

    def far_op() -> Op[Channel]:
        return (
            yield from start_tls_op(ends[1], X509Creds(pki.dir, "server", verify_peer=False), reset=broken)
        )

    def near_op() -> Op[Channel]:
        return (yield from start_tls_op(ends[0], X509Creds(pki.dir, "client"), hostname="elsewhere.example"))

    with pytest.raises((PeerRejected, HandshakeError, RuntimeError)):
        blocking(near_op(), far_op())
    assert ends[0].closed
