from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest

from iochan.core.opening import connect, listen
from iochan.layers.tapefile import TapeFile
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from tests.cli.command import SECONDS, iochan, said, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


def test_it_joins_and_reports_as_json() -> None:
    with listen("tcp://127.0.0.1:0") as target:
        with serving("relay", "--once", "tcp://127.0.0.1:0", target.addresses[0]) as (process, address):
            with connect(address) as client, target.accept(SECONDS) as server:
                client.write_all(b"there")
                assert server.read_exactly(5) == b"there"
            assert process.wait(SECONDS) == 0
            assert process.stderr is not None
            assert b"1 connections, 0 failed; 5 B forward, 0 B back" in process.stderr.read()
    done = iochan("relay", "--json", "null:", "null:")
    assert done.returncode == 0
    assert json.loads(done.stdout)["connections"] == 1


def test_sigterm_lets_connections_finish_and_a_second_one_does_not() -> None:
    with listen("tcp://127.0.0.1:0") as target:
        with serving("relay", "tcp://127.0.0.1:0", target.addresses[0]) as (process, address):
            with connect(address) as client, target.accept(SECONDS) as server:
                client.write_all(b"x")
                assert server.read() == b"x"
                process.send_signal(signal.SIGTERM)
                client.write_all(b"still")
                assert server.read_exactly(5) == b"still"
                process.send_signal(signal.SIGINT)
                assert process.wait(SECONDS) == 0
                assert client.read() == b""
                server.abort()


def test_it_ends_tls_for_a_plain_server(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    store = ObjectStore()
    store.add(f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}")
    server_object = f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"
    relay = ("relay", "tls+tcp://127.0.0.1:0?tls.creds=s", "exec:cat", "--object", server_object)
    with serving(*relay) as (_, address):
        with connect(f"{address}?tls.creds=c&tls.hostname=localhost", objects=store) as client:
            client.write_all(b"secret")
            assert client.read_exactly(6) == b"secret"


def test_a_record_holds_both_directions(tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    with listen("tcp://127.0.0.1:0") as target:
        arguments = ("relay", "--once", "--record", str(tape), "tcp://127.0.0.1:0", target.addresses[0])
        with serving(*arguments) as (process, address):
            with connect(address) as client, target.accept(SECONDS) as server:
                client.write_all(b"question")
                assert server.read_exactly(8) == b"question"
                server.write_all(b"answer")
                assert client.read_exactly(6) == b"answer"
            assert process.wait(SECONDS) == 0
    with TapeFile(tape) as records:
        payload = [record.payload for record in records if record.payload]
    assert payload == [b"question", b"answer"]


def test_a_full_disk_under_the_record_is_named() -> None:
    with listen("tcp://127.0.0.1:0") as target:
        arguments = ("relay", "--once", "--record", "/dev/full", "tcp://127.0.0.1:0", target.addresses[0])
        with serving(*arguments) as (process, address):
            with connect(address) as client:
                client.write_all(b"x" * 100_000)
                client.write_eof()
                assert process.wait(SECONDS) == 1
            assert process.stderr is not None
            text = process.stderr.read().decode()
            assert "/dev/full" in text
            assert "no space left" in text
            assert "Traceback" not in text


def test_a_target_that_refuses_fails_a_single_connection() -> None:
    with serving("relay", "--once", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1") as (process, address):
        with connect(address) as client:
            assert client.read() == b""
        assert process.wait(SECONDS) == 1
        assert process.stderr is not None
        assert "connection refused" in process.stderr.read().decode()


def test_an_address_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in said(iochan("relay", f"tcp://127.0.0.1:{port}", "null:"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tsl+tcp://127.0.0.1:0", "null:"), "unknown layer 'tsl'"),
        (("tcp://127.0.0.1:0?backlag=1", "null:"), "unknown option 'backlag'"),
        (("tcp://127.0.0.1:0", "null:", "--object", "tls-creds,id=a"), "tls-creds"),
        (("tcp://127.0.0.1:0", "null:", "--object", "tls-creds-x509,id=a,dir=/nowhere"), "/nowhere"),
    ],
)
def test_what_is_wrong_is_said_on_one_line(arguments: tuple[str, ...], message: str) -> None:
    assert message in said(iochan("relay", *arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tcp://127.0.0.1:0", "tsl+tcp://127.0.0.1:1"), "unknown layer 'tsl'"),
        (("tcp://127.0.0.1:0", "tls+tcp://127.0.0.1:1?tls.creds=absent"), "absent"),
        (("tcp://127.0.0.1:0", "null:", "--throttle", "quick"), "quick"),
    ],
)
def test_what_is_wrong_of_the_target_is_said_before_anybody_comes(
    arguments: tuple[str, ...], message: str
) -> None:
    assert message in said(iochan("relay", *arguments))


def tls_relay(directory: Path) -> tuple[str, ...]:
    server_object = f"tls-creds-x509,id=s,endpoint=server,dir={directory},verify-peer=off"
    return ("relay", "--once", "--object", server_object, "tls+tcp://127.0.0.1:0?tls.creds=s", "null:")


def test_an_expired_certificate_is_found_before_anybody_comes(tmp_path: Path) -> None:
    line = said(iochan(*tls_relay(ThrowAwayPki(tmp_path).expired_server_dir())))
    assert "server-cert.pem: " in line
    assert "expired" in line or "not valid after" in line


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x0dgarbage-hello"])
def test_a_client_that_speaks_no_tls_is_told_of(tmp_path: Path, sent: bytes) -> None:
    with serving(*tls_relay(ThrowAwayPki(tmp_path).dir)) as (process, address):
        with connect(f"tcp://{address.rpartition('/')[2]}") as client:
            client.write_all(sent)
            client.write_eof()
            assert process.wait(SECONDS) == 1
        assert process.stderr is not None
        text = process.stderr.read().decode()
        assert "TLS" in text
        assert "Traceback" not in text


def test_a_client_that_stalls_in_the_handshake_is_ended(tmp_path: Path) -> None:
    arguments = (*tls_relay(ThrowAwayPki(tmp_path).dir), "--handshake-timeout", "0.2")
    with serving(*arguments) as (process, address):
        with connect(f"tcp://{address.rpartition('/')[2]}"):
            assert process.wait(SECONDS) == 1
        assert process.stderr is not None
        assert "handshake" in process.stderr.read().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_as_soon_as_it_listens_ends_it_in_order(number: signal.Signals) -> None:
    with serving("relay", "tcp://127.0.0.1:0", "null:") as (process, _):
        process.send_signal(number)
        assert process.wait(SECONDS) == 0
