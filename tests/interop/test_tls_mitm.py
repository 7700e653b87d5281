"""Somebody in the middle: with a certificate of his own, or writing into the clear part of a conversation.

The certificates are those of ``openssl`` and of ``certtool``, and the ones who talk are their programs.
"""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core.channel import Channel
from iochan.core.errors import PeerRejected, RemoteProtocolError
from iochan.core.opening import connect, listen
from iochan.tls.ability import TABLE
from iochan.tls.facts import TLS_PEER_NAME
from iochan.tls.layer import start_tls
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds
from tests.interop.peers import SECONDS, need, read_until, running
from tests.interop.test_qemu import free_port, wait_for_listener

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

CA_NAME = "the one and only CA"
TEMPLATES = {
    "ca": f'cn = "{CA_NAME}"\nca\ncert_signing_key\nexpiration_days = 9\n',
    "server": 'cn = "mail.example"\ndns_name = "mail.example"\ntls_www_server\nsigning_key\n'
    "expiration_days = 9\n",
}


def tool(program: str, *arguments: str) -> None:
    subprocess.run([need(program), *arguments], check=True, capture_output=True, timeout=SECONDS)


def by_certtool(directory: Path) -> None:
    """Make a CA and a server's certificate by GnuTLS' own program."""
    for name, template in TEMPLATES.items():
        cert, key, text = (str(directory / f"{name}{end}") for end in ("-cert.pem", "-key.pem", ".cfg"))
        Path(text).write_text(template)
        tool("certtool", "--generate-privkey", "--key-type", "ecdsa", "--outfile", key)
        issuer = ["--generate-self-signed"]
        if name != "ca":
            ca = [str(directory / file) for file in ("ca-cert.pem", "ca-key.pem")]
            issuer = ["--generate-certificate", "--load-ca-certificate", ca[0], "--load-ca-privkey", ca[1]]
        tool("certtool", *issuer, "--load-privkey", key, "--template", text, "--outfile", cert)


def by_openssl(directory: Path) -> None:
    """Make a CA and a server's certificate by ``openssl req``."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"]
    ca = [str(directory / file) for file in ("ca-cert.pem", "ca-key.pem")]
    use = ["-addext", "keyUsage=critical,keyCertSign"]
    tool("openssl", "req", "-x509", *key, "-subj", f"/CN={CA_NAME}", *use, "-out", ca[0], "-keyout", ca[1])
    out = ["-out", str(directory / "server-cert.pem"), "-keyout", str(directory / "server-key.pem")]
    names = ["-addext", "subjectAltName=DNS:mail.example", "-addext", "basicConstraints=critical,CA:false"]
    issuer = ["-CA", ca[0], "-CAkey", ca[1]]
    tool("openssl", "req", "-x509", *key, "-subj", "/CN=mail.example", *names, *issuer, *out)


MAKERS = {"certtool": by_certtool, "openssl": by_openssl}


@pytest.fixture(params=list(MAKERS))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """Return the true server's directory, and the one of somebody with a CA of the same name."""
    make: Callable[[Path], None] = MAKERS[request.param]
    directories = tmp_path / "true", tmp_path / "middle"
    for directory in directories:
        directory.mkdir()
        make(directory)
        (directory / "server-key.pem").chmod(0o600)
    return directories


def serve_command(program: str, directory: Path, port: int) -> list[str]:
    cert, key = str(directory / "server-cert.pem"), str(directory / "server-key.pem")
    if program == "openssl":
        return [
            need(program),
            "s_server",
            "-quiet",
            "-accept",
            f"127.0.0.1:{port}",
            "-cert",
            cert,
            "-key",
            key,
        ]
    own = ["--x509certfile", cert, "--x509keyfile", key, "-a"]
    return [need("gnutls-serv"), "--echo", "-p", str(port), *own]


@pytest.mark.parametrize("engine", TABLE)
@pytest.mark.parametrize("program", ["openssl", "gnutls"])
def test_a_server_in_the_middle_with_a_ca_of_the_same_name_is_refused(
    made: tuple[Path, Path], program: str, engine: str
) -> None:
    true, middle = made
    creds = X509Creds(true, "client", settings=Settings(engine=engine))
    for directory in (true, middle):
        port = free_port()
        with running(serve_command(program, directory, port)):
            wait_for_listener(port)
            channel = connect(f"tcp://127.0.0.1:{port}").tls_client(creds, hostname="mail.example")
            if directory is true:
                with channel:
                    channel.handshake(SECONDS)
                    assert channel.extra(TLS_PEER_NAME) == "CN=mail.example"
                continue
            with pytest.raises(PeerRejected, match="certificate was refused"):
                channel.handshake(SECONDS)
            channel.abort()


@contextmanager
def relaying(target: str, extra: bytes) -> Iterator[str]:
    """Carry one connection to the port *target*, with *extra* behind the client's STARTTLS."""
    with socket.create_server(("127.0.0.1", 0)) as front:
        front.settimeout(SECONDS)

        def carry() -> None:
            with front.accept()[0] as near, socket.create_connection(("127.0.0.1", int(target))) as far:
                back = threading.Thread(target=copy, args=(far, near, b""))
                back.start()
                copy(near, far, extra)
                back.join(SECONDS)

        thread = threading.Thread(target=carry)
        thread.start()
        try:
            yield str(front.getsockname()[1])
        finally:
            thread.join(SECONDS)


def copy(source: socket.socket, target: socket.socket, extra: bytes) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data + extra if data.upper().endswith(b"STARTTLS\r\n") else data)
    except OSError:
        pass
    for end, how in ((source, socket.SHUT_RD), (target, socket.SHUT_WR)):
        try:
            end.shutdown(how)
        except OSError:
            continue


def greet(channel: Channel) -> Channel:
    """Speak the clear part of SMTP as a server (RFC 3207), and return the channel at its end."""
    buffered = channel.buffered()
    buffered.write_all(b"220 mail.example\r\n")
    while (line := buffered.read_line()).upper() != b"STARTTLS\r\n":  # type: ignore[attr-defined]
        assert line
        buffered.write_all(b"250-mail.example\r\n250 STARTTLS\r\n")
    buffered.write_all(b"220 go ahead\r\n")
    return buffered


def mail_client(program: str, directory: Path, port: str) -> list[str]:
    ca = str(directory / "ca-cert.pem")
    if program == "openssl":
        where = ["-connect", f"127.0.0.1:{port}", "-starttls", "smtp", "-verify_hostname", "mail.example"]
        return [
            need("openssl"),
            "s_client",
            "-quiet",
            "-no_ign_eof",
            "-CAfile",
            ca,
            "-verify_return_error",
            *where,
        ]
    how = ["--starttls-proto", "smtp", "--verify-hostname", "mail.example"]
    return [need("gnutls-cli"), *how, "--x509cafile", ca, "-p", port, "127.0.0.1"]


@pytest.mark.parametrize("extra", [b"", b"RSET\r\n"], ids=["untouched", "injected"])
@pytest.mark.parametrize("program", ["openssl", "gnutls"])
def test_what_is_put_behind_a_real_clients_starttls_never_counts(
    made: tuple[Path, Path], program: str, extra: bytes
) -> None:
    creds = X509Creds(made[0], "server", verify_peer=False)
    with listen("tcp://127.0.0.1:0") as listener:
        target = listener.addresses[0].rpartition(":")[2]
        with relaying(target, extra) as port, running(mail_client(program, made[0], port)) as client:
            plain = listener.accept(SECONDS)
            assert isinstance(plain, SocketChannel)
            plain.timeout = SECONDS
            clear = greet(plain)
            if extra:
                with pytest.raises(
                    RemoteProtocolError, match="6 plain bytes came before TLS and were not read"
                ):
                    start_tls(clear, creds)
                assert plain.closed
                return
            with start_tls(clear, creds) as channel:
                channel.timeout = SECONDS
                channel.write_all(b"250 verified\r\n")
                assert b"verified" in read_until(client.stdout, b"verified")
