from __future__ import annotations

import threading
from pathlib import Path

import pytest

from iochan.core.errors import IochanError
from iochan.core.opening import listen
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from tests.cli.command import iochan, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


def test_standard_input_goes_there_and_what_comes_is_printed() -> None:
    done = iochan("cat", "exec:tr a-z A-Z", stdin=b"hello\n")
    assert (done.returncode, done.stdout) == (0, b"HELLO\n")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("exec:false", 1),
        ("exec:sh -c 'exit 7'", 7),
        ("exec:sh -c 'kill -9 $$'", 137),
        ("pty:?command=false", 1),
    ],
)
def test_a_program_that_ends_gives_its_status(address: str, status: int) -> None:
    assert iochan("cat", address).returncode == status


def test_a_program_that_is_left_alone_gives_none() -> None:
    assert iochan("cat", "--linger", "0.1", "pty:?command=cat", stdin=b"x\n").returncode == 0


def test_much_passes_and_the_end_of_the_remote_ends_it() -> None:
    data = bytes(range(256)) * 8000
    done = iochan("cat", "exec:cat", stdin=data)
    assert (done.returncode, done.stdout) == (0, data)


def test_nobody_there_and_no_such_name() -> None:
    assert "connection refused: is the server running" in said(iochan("cat", "tcp://127.0.0.1:1"))
    assert "cannot resolve" in said(iochan("cat", "tcp://no-such-host.invalid:1"))


@pytest.mark.parametrize(
    ("server", "hostname", "message"),
    [
        ("plain", "localhost", "the peer does not speak TLS: it began with b'SSH-2.0"),
        ("tls", "elsewhere.example", "is not for 'elsewhere.example'"),
        ("other", "localhost", "certificate was refused"),
        ("silent", "localhost", "did not end within 0.5 s"),
    ],
)
def test_a_tls_server_that_will_not_do(server: str, hostname: str, message: str, tmp_path: Path) -> None:
    for part in ("own", "other"):
        (tmp_path / part).mkdir()
    own, other = ThrowAwayPki(tmp_path / "own"), ThrowAwayPki(tmp_path / "other")
    store = ObjectStore()
    directory = other.dir if server == "other" else own.dir
    store.add(f"tls-creds-x509,id=s,endpoint=server,dir={directory},verify-peer=off")
    layers = "tls+tcp://127.0.0.1:0?tls.creds=s" if server in ("tls", "other") else "tcp://127.0.0.1:0"
    with listen(layers, objects=store) as listener:
        port = listener.addresses[0].rpartition(":")[2]

        def serve() -> None:
            with listener.accept(20) as channel:
                try:
                    channel.handshake()
                    if server == "plain":
                        channel.write_all(b"SSH-2.0-server\r\n")
                    channel.timeout = 20
                    while channel.read():
                        pass
                except IochanError:
                    channel.abort()

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=c&tls.hostname={hostname}"
        limit = "0.5" if server == "silent" else "20"
        done = iochan(
            *("cat", address, "--timeout", limit),
            *("--object", f"tls-creds-x509,id=c,endpoint=client,dir={own.dir}"),
        )
        thread.join()
    assert message in said(done)
