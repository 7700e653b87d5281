"""The layers through proxies against real ones."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iochan import ObjectStore, connect, listen
from iochan.core.errors import HandshakeError
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_VERSION
from tests.cli.command import serving
from tests.interop.peers import SECONDS, need, running

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

OBJECTS = ObjectStore()
OBJECTS.add("secret,id=pw,data=sesame")
OBJECTS.add("secret,id=wrong,data=mustard")


@contextmanager
def proxy(argv: list[str], port: int) -> Iterator[str]:
    """Run a proxy on *port* until it answers; the value is its address."""
    with running(argv):
        end = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end
        yield f"tcp://127.0.0.1:{port}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def tinyproxy(tmp_path: Path, *lines: str) -> tuple[list[str], int]:
    port = free_port()
    settings = tmp_path / "tinyproxy.conf"
    settings.write_text("\n".join([f"Port {port}", "Listen 127.0.0.1", "MaxClients 10", *lines, ""]))
    return [need("tinyproxy"), "-d", "-c", str(settings)], port


def talk(address: str) -> None:
    """Send and receive through the echo that *address* ends at."""
    with connect(address, objects=OBJECTS, timeout=SECONDS) as channel:
        channel.write_all(b"x" * 100_000)
        assert channel.read_exactly(100_000) == b"x" * 100_000


def test_http_connect_goes_through_tinyproxy(tmp_path: Path) -> None:
    with serving("relay", "tcp://127.0.0.1:0", "exec:cat") as (_, echo), proxy(*tinyproxy(tmp_path)) as way:
        talk(f"http-connect+{way}?http-connect.target={echo.removeprefix('tcp://')}")


def test_a_websocket_goes_through_tinyproxy_with_a_password(tmp_path: Path) -> None:
    with (
        serving("relay", "ws://127.0.0.1:0", "exec:cat") as (_, echo),
        proxy(*tinyproxy(tmp_path, "BasicAuth me sesame")) as way,
    ):
        target = f"http-connect.target={echo.removeprefix('ws+tcp://')}"
        talk(f"ws+http-connect+{way}/any?{target}&http-connect.user=me&http-connect.secret=pw")
        with pytest.raises(HandshakeError, match=r"407 .*: give user and secret"):
            talk(f"ws+http-connect+{way}/any?{target}")
        with pytest.raises(HandshakeError, match=r"the proxy refused .*: check user and secret"):
            talk(f"ws+http-connect+{way}/any?{target}&http-connect.user=me&http-connect.secret=wrong")


def test_tls_through_microsocks_checks_the_name_of_the_target(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off")
    objects.add(f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}")
    port = free_port()
    argv = [need("microsocks"), "-i", "127.0.0.1", "-p", str(port)]
    with listen("tls+tcp://127.0.0.1:0?tls.creds=s", objects=objects) as listener, proxy(argv, port) as way:
        target = listener.addresses[0].rpartition(":")[2]

        def accept() -> None:
            with listener.accept(SECONDS) as channel:
                channel.handshake()
                assert channel.read() == b""

        server = threading.Thread(target=accept)
        server.start()
        address = f"tls+socks5+{way}?socks5.target=localhost:{target}&tls.creds=c"
        with connect(address, objects=objects, timeout=SECONDS) as channel:
            assert channel.extra(TLS_VERSION) == "TLSv1.3"
        server.join(SECONDS)
        assert not server.is_alive()


def test_socks_goes_through_microsocks_with_a_password() -> None:
    port = free_port()
    argv = [need("microsocks"), "-i", "127.0.0.1", "-p", str(port), "-u", "me", "-P", "sesame"]
    with serving("relay", "tcp://127.0.0.1:0", "exec:cat") as (_, echo), proxy(argv, port) as way:
        target = f"socks5.target={echo.removeprefix('tcp://')}"
        talk(f"socks5+{way}?{target}&socks5.user=me&socks5.secret=pw")
        with pytest.raises(HandshakeError, match="refused the user b'me'"):
            talk(f"socks5+{way}?{target}&socks5.user=me&socks5.secret=wrong")
        with pytest.raises(HandshakeError, match="give user and secret"):
            talk(f"socks5+{way}?{target}")
        with pytest.raises(HandshakeError, match=r"did not connect to 127\.0\.0\.1:1: connection refused"):
            talk(f"socks5+{way}?socks5.target=127.0.0.1:1&socks5.user=me&socks5.secret=pw")
