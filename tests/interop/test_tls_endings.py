from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iochan.core.channel import Channel
from iochan.core.errors import HandshakeError, PeerRejected, RemoteProtocolError, TruncatedError
from iochan.core.opening import connect, listen
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from tests.interop.peers import SECONDS, read_until, running
from tests.interop.test_qemu import free_port, store, wait_for_listener
from tests.interop.test_tls_peers import CLIENTS, SERVERS, client_command, server_command

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

REFUSED = r"certificate|peer refused the TLS handshake"


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


@contextmanager
def their_client(pki: ThrowAwayPki, name: str) -> Iterator[tuple[subprocess.Popen[bytes], Channel]]:
    """Run a client program; the value is it and our end, with bytes already gone to it."""
    objects = store(pki.dir, "server", verify_peer=False)
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        with (
            running(client_command(name, pki, port, mutual=False)) as client,
            listener.accept(SECONDS) as channel,
        ):
            channel.handshake(SECONDS)
            channel.timeout = SECONDS
            channel.write_all(b"hello\n")
            read_until(client.stdout, b"hello\n")
            yield client, channel


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_that_ends_in_order_is_an_end_of_stream(pki: ThrowAwayPki, name: str) -> None:
    with their_client(pki, name) as (client, channel):
        assert client.stdin is not None
        client.stdin.write(b"last words\n")
        client.stdin.close()
        assert channel.read_exactly(11) == b"last words\n"
        assert channel.read() == b""


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_that_is_killed_is_a_truncation(pki: ThrowAwayPki, name: str) -> None:
    with their_client(pki, name) as (client, channel):
        client.kill()
        with pytest.raises(TruncatedError):
            channel.read()
        channel.abort()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_wants_a_certificate_tells_us_so(pki: ThrowAwayPki, name: str) -> None:
    port = free_port()
    with running(server_command(name, pki, port, mutual=True)):
        wait_for_listener(port)
        objects = store(pki.no_client_dir(), "client", verify_peer=True)
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname=localhost"
        # TLS 1.2 ends such a handshake with an alert that names no certificate; TLS 1.3 tells after it.
        with pytest.raises((HandshakeError, PeerRejected, RemoteProtocolError), match=REFUSED):
            read_once(address, objects)


def read_once(address: str, objects: ObjectStore) -> None:
    with connect(address, objects=objects, timeout=SECONDS) as channel:
        channel.timeout = SECONDS
        channel.read()
