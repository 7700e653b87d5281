"""Answers of OpenSSL's responder, which OpenSSL's and GnuTLS' servers send along."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from iochan.core.errors import PeerRejected
from iochan.core.opening import connect
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from tests.interop.peers import need, running
from tests.interop.test_qemu import free_port, wait_for_listener

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]


def run_responder(pki: ThrowAwayPki, status: str) -> Path:
    """Return the file with what ``openssl ocsp`` says of the server's certificate, valid or revoked."""
    own = pki.server.certificate
    subject = own.subject.rfc4514_string()
    expires = own.not_valid_after_utc.strftime("%y%m%d%H%M%SZ")
    revoked = "260101000000Z" if status == "R" else ""
    index, answer = pki.dir / "index.txt", pki.dir / "answer.der"
    index.write_text(f"{status}\t{expires}\t{revoked}\t{own.serial_number:X}\tunknown\t/{subject}\n")
    request = ["-cert", "server-cert.pem", "-reqout", "request.der", "-no_nonce"]
    key = pki.authority.identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (pki.dir / "responder-key.pem").write_bytes(key)
    responder = ["-index", "index.txt", "-CA", "ca-cert.pem", "-rsigner", "ca-cert.pem"]
    responder += [
        "-rkey",
        "responder-key.pem",
        "-ndays",
        "1",
        "-reqin",
        "request.der",
        "-respout",
        answer.name,
    ]
    for options in (["-issuer", "ca-cert.pem", *request], responder):
        argv = [need("openssl"), "ocsp", *options]
        subprocess.run(argv, cwd=pki.dir, check=True, capture_output=True, timeout=20)
    return answer


def command(server: str, port: int, pki: ThrowAwayPki, answer: Path | None) -> list[str]:
    cert, key = str(pki.dir / "server-cert.pem"), str(pki.dir / "server-key.pem")
    if server == "openssl":
        own = ["-accept", f"127.0.0.1:{port}", "-cert", cert, "-key", key]
        staple = [] if answer is None else ["-status_file", str(answer)]
        return [need("openssl"), "s_server", "-rev", *own, *staple]
    own = ["--echo", "-a", "-p", str(port), "--x509certfile", cert, "--x509keyfile", key]
    staple = [] if answer is None else ["--ocsp-response", str(answer)]
    return [need("gnutls-serv"), *own, *staple]


@pytest.mark.parametrize(
    ("server", "status", "refused"),
    [
        ("openssl", "V", None),
        ("openssl", "R", "is revoked since 2026-01-01"),
        ("openssl", None, "sent no answer"),
        ("gnutls", "V", None),
        ("gnutls", None, "sent no answer"),
    ],
)
def test_our_client_looks_at_what_a_server_sends(
    tmp_path: Path, server: str, status: str | None, refused: str | None
) -> None:
    pki = ThrowAwayPki(tmp_path)
    answer = None if status is None else run_responder(pki, status)
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=t,endpoint=client,dir={pki.dir},ocsp=require")
    port = free_port()
    with running(command(server, port, pki, answer)):
        wait_for_listener(port)
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=t&tls.hostname=localhost"
        if refused is not None:
            with pytest.raises(PeerRejected, match=refused):
                connect(address, objects=objects, timeout=20)
            return
        with connect(address, objects=objects, timeout=20) as channel:
            channel.timeout = 20
            channel.write_all(b"abc\n")
            assert channel.read_exactly(4) in (b"abc\n", b"cba\n")
            channel.abort()
