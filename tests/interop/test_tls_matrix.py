"""Every kind of credentials with every foreign program, both ways: the table of the manual.

A cell is the cipher suite that the two agreed on, and the test of the cell checks it. With ``UPDATE_DOCS=1``
in the environment a run of one process (``-n 0``) writes what it found into the manual instead.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from iochan.core.channel import Channel
from iochan.core.opening import connect, listen
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_CIPHER, TLS_PEER_NAME, TLS_VERSION
from tests.interop.peers import need, read_until, running
from tests.interop.test_qemu import BARE, ask_monitor, free_port, wait_for_listener

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

PAGE = Path(__file__).parents[2] / "docs/reference/tls-interop.md"
KEY = "00112233445566778899aabbccddeeff"
PRIORITIES = {"anon": ":-KX-ALL:+ANON-ECDH:+ANON-DH", "psk": ":-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK"}
# gnutls-cli 3.7.9 falls over its own report of such a session, whoever the server is: the handshake is all.
CRASHES = ("gnutls", "psk", "1.2")
WAYS = ("their client", "our client")


@dataclass(frozen=True)
class Cell:
    """One foreign program with one kind of credentials and one version of TLS."""

    peer: str
    kind: str
    version: str

    @property
    def row(self) -> str:
        return f"| {self.peer} | {self.kind} | {self.version} |"

    @property
    def priority(self) -> str:
        return f"NORMAL:-VERS-ALL:+VERS-TLS{self.version}{PRIORITIES.get(self.kind, '')}"

    @property
    def option(self) -> str:
        return f"-tls{self.version.replace('.', '_')}"


CELLS = [
    Cell(peer, kind, version)
    for peer in ("gnutls", "openssl", "qemu")
    for kind in ("anon", "x509", "x509 both", "psk")
    for version in ("1.2", "1.3")
    if not (kind == "anon" and version == "1.3")
]


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    made = ThrowAwayPki(tmp_path)
    (made.dir / "keys.psk").write_text(f"qemu:{KEY}\n")
    return made


def our_objects(cell: Cell, pki: ThrowAwayPki, endpoint: str) -> ObjectStore:
    objects = ObjectStore()
    where = f"id=tls0,endpoint={endpoint}"
    if cell.kind.startswith("x509"):
        verify = "off" if endpoint == "server" and cell.kind == "x509" else "on"
        objects.add(f"tls-creds-x509,{where},dir={pki.dir},verify-peer={verify}")
    elif cell.kind == "psk":
        objects.add(f"tls-creds-psk,{where},dir={pki.dir}")
    else:
        objects.add(f"tls-creds-anon,{where}")
    return objects


def client(cell: Cell, pki: ThrowAwayPki, port: str) -> list[str]:
    ca, cert, key = (str(pki.dir / file) for file in ("ca-cert.pem", "client-cert.pem", "client-key.pem"))
    if cell.peer == "qemu":
        return qemu(cell, pki, "client", f"host=localhost,port={port},ipv4=on")
    if cell.peer == "gnutls":
        trust = {
            "anon": [],
            "x509": ["--x509cafile", ca],
            "x509 both": ["--x509cafile", ca, "--x509certfile", cert, "--x509keyfile", key],
            "psk": ["--pskusername", "qemu", "--pskkey", KEY],
        }[cell.kind]
        return [need("gnutls-cli"), "--priority", cell.priority, *trust, "-p", port, "localhost"]
    trust = {
        "anon": ["-cipher", "ADH:AECDH@SECLEVEL=0"],
        "x509": ["-CAfile", ca, "-verify_return_error"],
        "x509 both": ["-CAfile", ca, "-verify_return_error", "-cert", cert, "-key", key],
        "psk": ["-psk", KEY, "-psk_identity", "qemu"],
    }[cell.kind]
    return [
        need("openssl"),
        "s_client",
        "-quiet",
        "-no_ign_eof",
        cell.option,
        "-connect",
        f"127.0.0.1:{port}",
        *trust,
    ]


def server(cell: Cell, pki: ThrowAwayPki, port: int) -> list[str]:
    ca, cert, key = (str(pki.dir / file) for file in ("ca-cert.pem", "server-cert.pem", "server-key.pem"))
    if cell.peer == "qemu":
        return qemu(cell, pki, "server", f"host=127.0.0.1,port={port},server=on,wait=off")
    own = ["--x509certfile", cert, "--x509keyfile", key]
    if cell.peer == "gnutls":
        trust = {
            "anon": [],
            "x509": [*own, "-a"],
            "x509 both": [*own, "--x509cafile", ca, "--require-client-cert", "--verify-client-cert"],
            "psk": ["--pskpasswd", str(pki.dir / "keys.psk")],
        }[cell.kind]
        return [need("gnutls-serv"), "--echo", "--priority", cell.priority, "-p", str(port), *trust]
    own = ["-cert", cert, "-key", key]
    trust = {
        "anon": ["-nocert", "-cipher", "ADH:AECDH@SECLEVEL=0"],
        "x509": own,
        "x509 both": [*own, "-Verify", "1", "-CAfile", ca, "-verify_return_error"],
        "psk": ["-nocert", "-psk", KEY, "-psk_identity", "qemu"],
    }[cell.kind]
    return [need("openssl"), "s_server", "-quiet", cell.option, "-accept", f"127.0.0.1:{port}", *trust]


def qemu(cell: Cell, pki: ThrowAwayPki, endpoint: str, chardev: str) -> list[str]:
    """Return a QEMU without a machine whose monitor is on a TLS character device."""
    verify = "off" if endpoint == "server" and cell.kind == "x509" else "on"
    versions = f"priority=NORMAL:-VERS-ALL:+VERS-TLS{cell.version}"
    creds = {
        "anon": f"tls-creds-anon,id=tls0,endpoint={endpoint},{versions}",
        "psk": f"tls-creds-psk,id=tls0,endpoint={endpoint},dir={pki.dir},{versions}",
    }.get(
        cell.kind, f"tls-creds-x509,id=tls0,endpoint={endpoint},dir={pki.dir},verify-peer={verify},{versions}"
    )
    return [
        need("qemu-system-x86_64"),
        *BARE,
        *("-object", creds),
        *("-chardev", f"socket,id=c0,{chardev},tls-creds=tls0"),
        *("-mon", "chardev=c0,mode=readline"),
    ]


def check(cell: Cell, way: str, channel: Channel) -> None:
    """Compare what was agreed on with the manual, or write it there."""
    assert channel.extra(TLS_VERSION) == f"TLSv{cell.version}"
    got = channel.extra(TLS_CIPHER)
    text = PAGE.read_text("utf-8")
    found = re.search(rf"^{re.escape(cell.row)} (.*) \| (.*) \|$", text, re.MULTILINE)
    assert found is not None, f"the manual has no row {cell.row}"
    cells = list(found.groups())
    if os.environ.get("UPDATE_DOCS"):
        cells[WAYS.index(way)] = f"`{got}`"
        PAGE.write_text(text.replace(found[0], f"{cell.row} {cells[0]} | {cells[1]} |"), "utf-8")
        return
    assert cells[WAYS.index(way)] == f"`{got}`"


def name(cell: Cell) -> str:
    return "-".join((cell.peer, cell.kind.replace(" ", "-"), cell.version))


@pytest.mark.parametrize("cell", CELLS, ids=name)
def test_their_client_talks_to_our_server(pki: ThrowAwayPki, cell: Cell) -> None:
    objects = our_objects(cell, pki, "server")
    with listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=objects) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        with running(client(cell, pki, port)) as process, listener.accept(20) as channel:
            channel.handshake()
            peer = {"psk": "qemu", "x509 both": "CN=throw-away client"}.get(cell.kind)
            assert channel.extra(TLS_PEER_NAME) == peer
            channel.timeout = 20
            if cell.peer == "qemu":
                ask_monitor(channel)
            elif (cell.peer, cell.kind, cell.version) != CRASHES:
                channel.write_all(b"from us\n")
                read_until(process.stdout, b"from us")
                assert process.stdin is not None
                process.stdin.write(b"from them\n")
                assert channel.read_exactly(10) == b"from them\n"
            check(cell, "their client", channel)


@pytest.mark.parametrize("cell", CELLS, ids=name)
def test_our_client_talks_to_their_server(pki: ThrowAwayPki, cell: Cell) -> None:
    port = free_port()
    with running(server(cell, pki, port)) as process:
        wait_for_listener(port)
        objects = our_objects(cell, pki, "client")
        hostname = "&tls.hostname=localhost" if cell.kind.startswith("x509") else ""
        with connect(f"tls+tcp://127.0.0.1:{port}?tls.creds=tls0{hostname}", objects=objects) as channel:
            channel.timeout = 20
            if cell.peer == "qemu":
                ask_monitor(channel)
            else:
                channel.write_all(b"from us\n")
                if cell.peer == "openssl":
                    read_until(process.stdout, b"from us")
                else:
                    assert channel.read_exactly(8) == b"from us\n"
            check(cell, "our client", channel)
