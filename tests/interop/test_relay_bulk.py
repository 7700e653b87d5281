from __future__ import annotations

import hashlib
import re
import subprocess
import threading
from pathlib import Path

import pytest

from iochan.testing.pki import ThrowAwayPki
from tests.interop.peers import iochan, need, read_until, running
from tests.interop.test_qemu import free_port, relay_address, wait_for_listener

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(240)]

SIZE = 1 << 30
PIECE = hashlib.sha256(b"iochan").digest() * 8192
FLAT = 16 * 1024
"""KiB that the relay may grow while a GiB passes each way."""


def resident(pid: int) -> int:
    """Return the anonymous memory of a process in KiB."""
    match = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert match is not None
    return int(match.group(1))


def feed(process: subprocess.Popen[bytes], digests: dict[str, str], name: str) -> None:
    """Write `SIZE` bytes to *process* and note their digest."""
    assert process.stdin is not None
    digest = hashlib.sha256()
    left = SIZE
    while left:
        piece = PIECE[: min(left, len(PIECE))]
        process.stdin.write(piece)
        digest.update(piece)
        left -= len(piece)
    digests[name] = digest.hexdigest()


def drain(process: subprocess.Popen[bytes], digests: dict[str, str], name: str) -> None:
    """Read `SIZE` bytes of *process* and note their digest."""
    assert process.stdout is not None
    digest = hashlib.sha256()
    left = SIZE
    while left and (piece := process.stdout.read(min(left, 1 << 20))):
        digest.update(piece)
        left -= len(piece)
    digests[name] = digest.hexdigest()


def test_a_gibibyte_each_way_between_socat_and_openssl(tmp_path: Path) -> None:
    """Socat (plain) - iochan relay - openssl s_server (TLS), both directions at the same time."""
    pki = ThrowAwayPki(tmp_path)
    port = free_port()
    server = [
        *(need("openssl"), "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-naccept", "1"),
        *("-cert", str(pki.dir / "server-cert.pem"), "-key", str(pki.dir / "server-key.pem")),
    ]
    relay = iochan(
        "relay",
        "tcp://127.0.0.1:0",
        f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname=localhost",
        *("--object", f"tls-creds-x509,id=tls0,endpoint=client,dir={pki.dir}"),
    )
    digests: dict[str, str] = {}
    with running(server) as openssl:
        wait_for_listener(port)
        with running(relay) as process:
            address = relay_address(process).removeprefix("tcp://")
            with running([need("socat"), "-b", "262144", "-", f"TCP:{address}"]) as socat:
                before = resident(process.pid)
                threads = [
                    threading.Thread(target=work, args=(end, digests, name))
                    for work, end, name in (
                        (feed, socat, "sent there"),
                        (drain, openssl, "came there"),
                        (feed, openssl, "sent back"),
                        (drain, socat, "came back"),
                    )
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                grown = resident(process.pid) - before
    assert digests["came there"] == digests["sent there"]
    assert digests["came back"] == digests["sent back"]
    assert grown < FLAT, f"the relay grew by {grown} KiB"


def test_an_ended_direction_is_passed_on_and_the_other_goes_on(tmp_path: Path) -> None:
    """Socat sends its input and its end; the far socat answers only after that end has come."""
    target = f"unix-listen:{tmp_path / 'sock'}"
    answer = ["system:cat >/dev/null; echo all came"]
    with running([need("socat"), target, *answer]):
        relay = iochan("relay", "tcp://127.0.0.1:0", f"unix://{tmp_path / 'sock'}")
        with running(relay) as process:
            address = relay_address(process).removeprefix("tcp://")
            with running([need("socat"), "-t", "20", "-", f"TCP:{address}"]) as client:
                assert client.stdin is not None
                client.stdin.write(b"question")
                client.stdin.close()
                read_until(client.stdout, b"all came")
