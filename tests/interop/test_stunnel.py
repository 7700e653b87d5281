"""stunnel wraps plain connections in TLS, as a layer of an address does."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from iochan.core.opening import connect, listen
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_PEER_NAME, TLS_VERSION
from tests.interop.peers import need, running
from tests.interop.test_qemu import free_port, store, wait_for_listener

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

_DATA = bytes(range(256)) * 1000


def stunnel(path: Path, port: int, *service: str) -> list[str]:
    """Return the command of a stunnel that accepts on *port*, with the lines of its one service."""
    config = path / "stunnel.conf"
    lines = ("foreground = yes", "pid =", "[service]", f"accept = 127.0.0.1:{port}", *service)
    config.write_text("\n".join(lines) + "\n")
    return [need("stunnel"), str(config)]


def test_our_client_talks_through_their_server(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as behind:
        behind.settimeout(20)
        port = free_port()
        service = (
            f"cert = {pki.dir / 'server-cert.pem'}",
            f"key = {pki.dir / 'server-key.pem'}",
            f"connect = 127.0.0.1:{behind.getsockname()[1]}",
        )
        with running(stunnel(tmp_path, port, *service)):
            # The look is a connection as well.
            wait_for_listener(port)
            address = f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname=localhost"
            with connect(address, objects=store(pki.dir, "client", verify_peer=True)) as channel:
                channel.timeout = 20
                assert channel.extra(TLS_VERSION) == "TLSv1.3"
                channel.write_all(b"from us")
                plain = accept_who_says(behind, b"from us")
                with plain:
                    plain.sendall(_DATA)
                    assert channel.read_exactly(len(_DATA)) == _DATA
                    plain.shutdown(socket.SHUT_WR)
                    assert channel.read() == b""


def test_their_client_talks_to_our_server(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    objects = store(pki.dir, "server", verify_peer=True)
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = free_port()
        service = (
            "client = yes",
            f"connect = {listener.addresses[0].rpartition('/')[2].partition('?')[0]}",
            f"CAfile = {pki.dir / 'ca-cert.pem'}",
            "verifyChain = yes",
            "checkHost = localhost",
            f"cert = {pki.dir / 'client-cert.pem'}",
            f"key = {pki.dir / 'client-key.pem'}",
        )
        with running(stunnel(tmp_path, port, *service)):
            wait_for_listener(port)
            with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
                plain.sendall(b"from them")
                while True:
                    with listener.accept(20) as channel:
                        channel.timeout = 20
                        channel.handshake()
                        if not (first := channel.read(9)):
                            # Whoever looked whether it listens.
                            continue
                        assert first == b"from them"
                        assert channel.extra(TLS_PEER_NAME) == "CN=throw-away client"
                        channel.write_all(_DATA)
                    break
                got = bytearray()
                while data := plain.recv(65536):
                    got += data
                assert got == _DATA


def accept_who_says(server: socket.socket, words: bytes) -> socket.socket:
    """Accept until a connection begins with *words*, and return that one."""
    while True:
        sock, _ = server.accept()
        sock.settimeout(20)
        if sock.recv(len(words)) == words:
            return sock
        sock.close()
