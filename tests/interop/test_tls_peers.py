from __future__ import annotations

from pathlib import Path

import pytest

from iochan.core.errors import HandshakeError, PeerRejected
from iochan.core.opening import connect, listen
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_PEER_NAME, TLS_VERSION
from tests.interop.peers import need, read_until, running
from tests.interop.test_qemu import free_port, store, wait_for_listener

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

CLIENTS = {
    "openssl-1.3": ["openssl", "s_client", "-quiet", "-no_ign_eof", "-tls1_3"],
    "openssl-1.2": ["openssl", "s_client", "-quiet", "-no_ign_eof", "-tls1_2"],
    "gnutls-1.3": ["gnutls-cli", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3"],
    "gnutls-1.2": ["gnutls-cli", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2"],
}
SERVERS = {
    "openssl-1.3": ["openssl", "s_server", "-quiet", "-tls1_3"],
    "openssl-1.2": ["openssl", "s_server", "-quiet", "-tls1_2"],
    "gnutls-1.3": ["gnutls-serv", "--echo", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3"],
    "gnutls-1.2": ["gnutls-serv", "--echo", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2"],
}


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def client_command(name: str, pki: ThrowAwayPki, port: str, *, mutual: bool) -> list[str]:
    program, *options = CLIENTS[name]
    ca, cert, key = (str(pki.dir / file) for file in ("ca-cert.pem", "client-cert.pem", "client-key.pem"))
    if program == "openssl":
        own = ["-cert", cert, "-key", key] if mutual else []
        where = ["-connect", f"127.0.0.1:{port}", "-CAfile", ca, "-verify_return_error"]
        return [need(program), *options, *where, *own]
    own = ["--x509certfile", cert, "--x509keyfile", key] if mutual else []
    return [need(program), *options, "--x509cafile", ca, *own, "-p", port, "localhost"]


def server_command(name: str, pki: ThrowAwayPki, port: int, *, mutual: bool) -> list[str]:
    program, *options = SERVERS[name]
    ca, cert, key = (str(pki.dir / file) for file in ("ca-cert.pem", "server-cert.pem", "server-key.pem"))
    if program == "openssl":
        demand = ["-Verify", "1", "-CAfile", ca, "-verify_return_error"] if mutual else []
        return [need(program), *options, "-accept", f"127.0.0.1:{port}", "-cert", cert, "-key", key, *demand]
    demand = ["--x509cafile", ca, "--require-client-cert", "--verify-client-cert"] if mutual else ["-a"]
    return [need(program), *options, "-p", str(port), "--x509certfile", cert, "--x509keyfile", key, *demand]


@pytest.mark.parametrize("mutual", [False, True], ids=["server-only", "mutual"])
@pytest.mark.parametrize("name", CLIENTS)
def test_their_client_talks_to_our_server(pki: ThrowAwayPki, name: str, mutual: bool) -> None:
    objects = store(pki.dir, "server", verify_peer=mutual)
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        with (
            running(client_command(name, pki, port, mutual=mutual)) as client,
            listener.accept(20) as channel,
        ):
            channel.handshake()
            assert channel.extra(TLS_VERSION) == f"TLSv{name[-3:]}"
            assert channel.extra(TLS_PEER_NAME) == ("CN=throw-away client" if mutual else None)
            channel.timeout = 20
            channel.write_all(b"from us\n")
            read_until(client.stdout, b"from us")
            assert client.stdin is not None
            client.stdin.write(b"from them\n")
            assert channel.read_exactly(10) == b"from them\n"


@pytest.mark.parametrize("mutual", [False, True], ids=["server-only", "mutual"])
@pytest.mark.parametrize("name", SERVERS)
def test_our_client_talks_to_their_server(pki: ThrowAwayPki, name: str, mutual: bool) -> None:
    port = free_port()
    with running(server_command(name, pki, port, mutual=mutual)) as server:
        wait_for_listener(port)
        objects = store(pki.dir, "client", verify_peer=True)
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname=localhost"
        with connect(address, objects=objects) as channel:
            assert channel.extra(TLS_VERSION) == f"TLSv{name[-3:]}"
            channel.timeout = 20
            channel.write_all(b"from us\n")
            if name.startswith("openssl"):
                read_until(server.stdout, b"from us")
                assert server.stdin is not None
                server.stdin.write(b"from them\n")
                assert channel.read_exactly(10) == b"from them\n"
            else:
                assert channel.read_exactly(8) == b"from us\n"


@pytest.mark.parametrize("name", ["openssl-1.3", "gnutls-1.3"])
def test_a_server_of_another_authority_or_name_is_refused(tmp_path: Path, name: str) -> None:
    for part in ("one", "other"):
        (tmp_path / part).mkdir()
    good, other = ThrowAwayPki(tmp_path / "one"), ThrowAwayPki(tmp_path / "other")
    port = free_port()
    with running(server_command(name, good, port, mutual=False)):
        wait_for_listener(port)
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname="
        with pytest.raises(PeerRejected, match="certificate was refused"):
            connect(address + "localhost", objects=store(other.dir, "client", verify_peer=True))
        with pytest.raises(PeerRejected, match=r"is not for 'elsewhere\.example'"):
            connect(address + "elsewhere.example", objects=store(good.dir, "client", verify_peer=True))


@pytest.mark.parametrize("name", ["openssl-1.3", "openssl-1.2", "gnutls-1.3", "gnutls-1.2"])
def test_a_client_without_a_certificate_is_refused(pki: ThrowAwayPki, name: str) -> None:
    objects = store(pki.dir, "server", verify_peer=True)
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        with running(client_command(name, pki, port, mutual=False)), listener.accept(20) as channel:
            with pytest.raises((PeerRejected, HandshakeError), match="certificate"):
                channel.handshake()
            channel.abort()
