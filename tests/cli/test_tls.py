from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from iochan.core.opening import connect
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_VERSION
from tests.cli.command import iochan, said, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def server_object(pki: ThrowAwayPki, more: str = "") -> tuple[str, str]:
    return "--object", f"tls-creds-x509,id=tls0,endpoint=server,dir={pki.dir}{more}"


LISTEN = "tls+tcp://127.0.0.1:0?tls.creds=tls0"


def test_a_client_gets_its_bytes_back_and_the_server_tells_who_it_was(pki: ThrowAwayPki) -> None:
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=tls1,dir={pki.dir}")
    with serving("tls", "serve", LISTEN, *server_object(pki)) as (process, address):
        with connect(f"{address}?tls.creds=tls1&tls.hostname=localhost", objects=objects) as channel:
            assert channel.extra(TLS_VERSION) == "TLSv1.3"
            channel.write_all(b"hello")
            assert channel.read_exactly(5) == b"hello"
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        assert "TLSv1.3 TLS_AES_256_GCM_SHA384" in line
        assert "peer 'CN=throw-away client'" in line
    assert process.returncode == 0


def test_it_ends_after_one_client_when_asked_to(pki: ThrowAwayPki) -> None:
    argv = [sys.executable, "-m", "iochan", "tls", "serve", "--once", LISTEN, *server_object(pki)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stderr is not None
        address = process.stderr.readline().decode().split()[-1].removeprefix("tls+")
        with connect(address) as channel:
            channel.write_all(b"no TLS at all\r\n\r\n")
            channel.timeout = 10
            channel.read()
        assert "the peer does not speak TLS" in process.stderr.readline().decode()
        assert process.wait(20) == 0


@pytest.mark.parametrize(("more", "asks"), [("", "requires"), (",verify-peer=off", "no")])
def test_a_probe_finds_what_is_offered(pki: ThrowAwayPki, more: str, asks: str) -> None:
    limited = more + ",priority=NORMAL:-AES-128-GCM,groups=X25519:SECP256R1"
    with serving("tls", "serve", LISTEN, *server_object(pki, limited)) as (_, address):
        done = iochan("tls", "probe", address.removeprefix("tls+"), "--hostname", "localhost", "--json")
        found = json.loads(done.stdout)
        assert found["versions"] == ["TLS1.2", "TLS1.3"]
        assert found["suites"]["TLS1.3"] == ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
        assert "ECDHE-ECDSA-AES256-GCM-SHA384" in found["suites"]["TLS1.2"]
        assert found["groups"] == ["X25519", "SECP256R1"]
        assert found["client_certificate"] == asks
        assert found["chain"][0]["subject"] == "CN=localhost"
        if asks == "no":
            text = iochan("tls", "probe", address.removeprefix("tls+")).stdout.decode()
            assert "client cert  no" in text
            assert "versions     TLS1.2, TLS1.3" in text
            assert "'CN=localhost' by 'CN=throw-away CA'" in text


def test_what_cannot_be_served_or_probed_is_told() -> None:
    assert "has no TLS on top" in said(iochan("tls", "serve", "tcp://127.0.0.1:0"))
    told = said(iochan("tls", "probe", "exec:sh -c 'echo hello; exec sleep 1'"))
    assert "the peer does not speak TLS" in told
