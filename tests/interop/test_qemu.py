from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

import pytest

from iochan.core.channel import Channel
from iochan.core.opening import connect, listen
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from tests.interop.peers import iochan, need, read_until, running

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

BARE = ("-nodefaults", "-display", "none", "-machine", "none")


def store(directory: Path, endpoint: str, *, verify_peer: bool) -> ObjectStore:
    objects = ObjectStore()
    switch = "on" if verify_peer else "off"
    objects.add(f"tls-creds-x509,id=tls0,endpoint={endpoint},dir={directory},verify-peer={switch}")
    return objects


def qemu(directory: Path, endpoint: str, chardev: str, *, verify_peer: bool) -> list[str]:
    """Return a QEMU without a machine whose monitor is on a TLS character device."""
    switch = "on" if verify_peer else "off"
    return [
        need("qemu-system-x86_64"),
        *BARE,
        *("-object", f"tls-creds-x509,id=tls0,endpoint={endpoint},dir={directory},verify-peer={switch}"),
        *("-chardev", f"socket,id=c0,{chardev},tls-creds=tls0"),
        *("-mon", "chardev=c0,mode=readline"),
    ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


@pytest.mark.parametrize("mutual", [False, True], ids=["server-only", "mutual"])
def test_qemu_as_a_client_talks_to_our_listener(pki: ThrowAwayPki, mutual: bool) -> None:
    objects = store(pki.dir, "server", verify_peer=mutual)
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        chardev = f"host=localhost,port={port},ipv4=on"
        with (
            running(qemu(pki.dir, "client", chardev, verify_peer=True)),
            listener.accept(20) as channel,
        ):
            channel.handshake()
            ask_monitor(channel)


@pytest.mark.parametrize("mutual", [False, True], ids=["server-only", "mutual"])
def test_we_as_a_client_talk_to_qemu(pki: ThrowAwayPki, mutual: bool) -> None:
    port = free_port()
    chardev = f"host=127.0.0.1,port={port},server=on,wait=off"
    with running(qemu(pki.dir, "server", chardev, verify_peer=mutual)):
        wait_for_listener(port)
        objects = store(pki.dir, "client", verify_peer=True)
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname=localhost"
        with connect(address, objects=objects) as channel:
            ask_monitor(channel)


def test_the_relay_stands_between_a_plain_client_and_qemu(pki: ThrowAwayPki) -> None:
    port = free_port()
    chardev = f"host=127.0.0.1,port={port},server=on,wait=off"
    with running(qemu(pki.dir, "server", chardev, verify_peer=True)):
        wait_for_listener(port)
        relay = iochan(
            "relay",
            "tcp://127.0.0.1:0",
            f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0&tls.hostname=localhost",
            *("--object", f"tls-creds-x509,id=tls0,endpoint=client,dir={pki.dir}"),
        )
        with running(relay) as process, connect(relay_address(process)) as channel:
            ask_monitor(channel)


def test_qemu_as_a_client_reaches_a_plain_server_through_the_relay(pki: ThrowAwayPki) -> None:
    with listen("tcp://127.0.0.1:0") as listener:
        relay = iochan(
            "relay",
            "tls+tcp://127.0.0.1:0?tls.creds=tls0",
            listener.addresses[0],
            *("--object", f"tls-creds-x509,id=tls0,endpoint=server,dir={pki.dir}"),
        )
        with running(relay) as process:
            port = relay_address(process).rpartition(":")[2]
            chardev = f"host=localhost,port={port},ipv4=on"
            with (
                running(qemu(pki.dir, "client", chardev, verify_peer=True)),
                listener.accept(20) as channel,
            ):
                ask_monitor(channel)


def relay_address(process: subprocess.Popen[bytes]) -> str:
    told = read_until(process.stdout, b"\n").decode()
    match = re.search(r"listening on (\S+)", told)
    assert match is not None
    return match.group(1)


def wait_for_listener(port: int) -> None:
    """Wait until QEMU listens, by what the kernel says of its port; it accepts one client only."""
    wanted = f":{port:04X} "
    for _ in range(2000):
        lines = Path("/proc/net/tcp").read_text().splitlines()
        if any(wanted in line and " 0A " in line for line in lines):
            return
        subprocess.run(["sleep", "0.01"], check=True)
    pytest.fail("QEMU does not listen")


def ask_monitor(channel: Channel) -> None:
    """Have a conversation with QEMU's monitor over *channel*: bytes both ways."""
    channel.timeout = 20
    read_prompt(channel)
    # The monitor takes a byte at a time, and QEMU 7.2 looks for the next one only when the wire has more:
    # so each goes when the one before has been echoed, as when somebody types.
    for byte in b"info version":
        channel.write_all(bytes((byte,)))
        assert channel.read()
    channel.write_all(b"\n")
    assert re.search(rb"\d+\.\d+\.\d+", read_prompt(channel))


def read_prompt(channel: Channel) -> bytes:
    got = b""
    while not got.endswith(b"(qemu) "):
        piece = channel.read()
        assert piece, f"QEMU closed after {got!r}"
        got += piece
    return got
