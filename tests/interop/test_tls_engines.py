"""Python's ssl as our engine, names by SNI and application protocols, with foreign clients and servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from iochan.core.channel import Channel
from iochan.core.errors import HandshakeError
from iochan.core.opening import connect, listen
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import TABLE, Ability, engines_with
from iochan.tls.facts import TLS_ALPN, TLS_PEER_NAME, TLS_VERSION
from tests.interop.peers import SECONDS, need, read_until, running
from tests.interop.test_qemu import free_port, wait_for_listener
from tests.interop.test_tls_peers import CLIENTS, SERVERS, client_command, server_command
from tests.tls.test_staple import answer

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

NAMES = ("a.example", "b.example")


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def store(pki: ThrowAwayPki, endpoint: str, engine: str, more: str = "") -> ObjectStore:
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=tls0,endpoint={endpoint},dir={pki.dir},engine={engine}{more}")
    return objects


@pytest.mark.parametrize("name", CLIENTS)
def test_their_client_with_a_certificate_talks_to_the_stdlibs_engine(pki: ThrowAwayPki, name: str) -> None:
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=store(pki, "server", "ssl")) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        with running(client_command(name, pki, port, mutual=True)) as client, listener.accept(20) as channel:
            channel.handshake()
            assert channel.extra(TLS_VERSION) == f"TLSv{name[-3:]}"
            assert channel.extra(TLS_PEER_NAME) == "CN=throw-away client"
            channel.timeout = SECONDS
            channel.write_all(b"from us\n")
            read_until(client.stdout, b"from us")
            assert client.stdin is not None
            client.stdin.write(b"from them\n")
            assert channel.read_exactly(10) == b"from them\n"


@pytest.mark.parametrize("name", SERVERS)
def test_the_stdlibs_engine_talks_to_their_server(pki: ThrowAwayPki, name: str) -> None:
    port = free_port()
    with running(server_command(name, pki, port, mutual=True)) as server:
        wait_for_listener(port)
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname=localhost"
        with connect(address, objects=store(pki, "client", "ssl")) as channel:
            assert channel.extra(TLS_VERSION) == f"TLSv{name[-3:]}"
            channel.timeout = SECONDS
            channel.write_all(b"from us\n")
            if name.startswith("openssl"):
                read_until(server.stdout, b"from us")
            else:
                assert channel.read_exactly(8) == b"from us\n"


def sni_command(program: str, pki: ThrowAwayPki, port: str, name: str) -> list[str]:
    ca = str(pki.dir / "ca-cert.pem")
    if program == "openssl":
        where = ["-connect", f"127.0.0.1:{port}", "-servername", name, "-verify_hostname", name]
        return [
            need("openssl"),
            "s_client",
            "-quiet",
            "-no_ign_eof",
            "-verify_return_error",
            "-CAfile",
            ca,
            *where,
        ]
    own = ["--sni-hostname", name, "--verify-hostname", name]
    return [need("gnutls-cli"), "--x509cafile", ca, *own, "-p", port, "127.0.0.1"]


@pytest.mark.parametrize("engine", TABLE)
@pytest.mark.parametrize("program", ["openssl", "gnutls"])
def test_their_client_gets_the_identity_of_the_name_that_it_asks_for(
    pki: ThrowAwayPki, program: str, engine: str
) -> None:
    for index, name in enumerate(NAMES):
        made = pki.authority.issue_server([name])
        (pki.dir / f"server-cert-{index}.pem").write_bytes(made.certificate_pem())
        (pki.dir / f"server-key-{index}.pem").write_bytes(made.key_pem())
    objects = store(pki, "server", engine, ",verify-peer=off")
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        for name in ("localhost", *NAMES):
            # The program checks the certificate against the name, and ends if it is another's.
            with running(sni_command(program, pki, port, name)) as client, listener.accept(20) as channel:
                channel.handshake()
                channel.timeout = SECONDS
                channel.write_all(b"verified\n")
                assert b"verified" in read_until(client.stdout, b"verified")


def alpn_command(program: str, pki: ThrowAwayPki, port: str, protocol: str) -> list[str]:
    if program == "openssl":
        where = ["-connect", f"127.0.0.1:{port}", "-alpn", protocol]
        return [need("openssl"), "s_client", *where, "-CAfile", str(pki.dir / "ca-cert.pem")]
    return [
        need("gnutls-cli"),
        *("--alpn", protocol, "--x509cafile", str(pki.dir / "ca-cert.pem"), "-p", port, "localhost"),
    ]


@pytest.mark.parametrize(
    ("program", "alert"),
    [("openssl", b"alert no application protocol"), ("gnutls", b"No supported application protocol")],
)
def test_their_client_hears_that_no_application_protocol_is_shared(
    pki: ThrowAwayPki, program: str, alert: bytes
) -> None:
    objects = store(pki, "server", "bindings", ",verify-peer=off,alpn=nbd")
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        with running(alpn_command(program, pki, port, "nbd")), listener.accept(20) as channel:
            channel.handshake()
            assert channel.extra(TLS_ALPN) == "nbd"
            channel.abort()
        with running(alpn_command(program, pki, port, "h2")) as client, listener.accept(20) as channel:
            assert "offers none of our application protocols ('nbd')" in failure(channel)
            said = read_until(client.stdout, alert)
            assert alert in said


def failure(channel: Channel) -> str:
    with pytest.raises(HandshakeError) as caught:
        channel.handshake()
    return str(caught.value)


def test_we_hear_that_their_server_has_none_of_our_application_protocols(pki: ThrowAwayPki) -> None:
    port = free_port()
    command = [*server_command("openssl-1.3", pki, port, mutual=False), "-alpn", "h2"]
    with running(command):
        wait_for_listener(port)
        told = r"the server has none of the application protocols that we offer \('nbd'\)"
        with pytest.raises(HandshakeError, match=told):
            connect(
                f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname=localhost",
                objects=store(pki, "client", "bindings", ",alpn=nbd"),
            )


@pytest.mark.parametrize("engine", engines_with(Ability.STAPLES))
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_gets_and_verifies_the_answer_of_the_cas_responder(
    pki: ThrowAwayPki, version: str, engine: str
) -> None:
    (pki.dir / "server-ocsp.der").write_bytes(answer(pki, pki.server))
    objects = store(pki, "server", engine, ",verify-peer=off")
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        where = ["-connect", f"127.0.0.1:{port}", "-CAfile", str(pki.dir / "ca-cert.pem")]
        with (
            running([need("openssl"), "s_client", version, "-status", *where]) as client,
            listener.accept(20) as channel,
        ):
            channel.handshake()
            said = read_until(client.stdout, b"Cert Status: good")
            assert b"OCSP Response Status: successful" in said
