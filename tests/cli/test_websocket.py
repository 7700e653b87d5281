"""WebSocket addresses on the command line: into a WebSocket, out of one, and by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from iochan.core.opening import connect, listen
from iochan.testing.pki import ThrowAwayPki
from tests.cli.command import SECONDS, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


def test_a_relay_takes_websockets_to_a_plain_server() -> None:
    with serving("relay", "ws://127.0.0.1:0/websockify", "exec:cat") as (_, address):
        with connect(address + "/websockify") as client:
            client.write_all(b"x" * 300_000)
            assert client.read_exactly(300_000) == b"x" * 300_000


def test_a_relay_takes_plain_clients_to_a_websocket() -> None:
    with listen("ws://127.0.0.1:0/far") as target:
        with serving("relay", "--once", "tcp://127.0.0.1:0", target.addresses[0] + "/far") as (
            process,
            address,
        ):
            with connect(address) as client, target.accept(SECONDS) as server:
                server.handshake()
                client.write_all(b"there")
                assert server.read_exactly(5) == b"there"
                server.write_all(b"back")
                assert client.read_exactly(4) == b"back"
            assert process.wait(SECONDS) == 0


def test_cat_talks_to_a_websocket_over_tls(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    server_object = f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"
    relay = ("relay", "wss://127.0.0.1:0?tls.creds=s", "exec:cat", "--object", server_object)
    with serving(*relay) as (_, address):
        argv = [sys.executable, "-m", "iochan", "cat", f"{address}?tls.creds=c&tls.hostname=localhost"]
        argv += ["--object", f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"hello\n")
            assert process.stdout.read(6) == b"hello\n"
            process.stdin.close()
            assert process.wait(SECONDS) == 0


def test_cat_prints_the_answer_to_the_end_of_its_input_and_then_closes() -> None:
    with serving("relay", "--once", "ws://127.0.0.1:0", "exec:cat") as (process, address):
        cat = [sys.executable, "-m", "iochan", "cat", "--linger", "0.5", address]
        done = subprocess.run(cat, input=b"hello\n", capture_output=True, timeout=SECONDS, check=True)
        assert done.stdout == b"hello\n"
        # The close of a WebSocket ends both directions, so the relay has nobody left.
        assert process.wait(SECONDS) == 0
