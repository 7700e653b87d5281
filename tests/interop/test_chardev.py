"""Consoles with the programs that people use on them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iochan.channels.pty import PtyChannel
from iochan.chardev.castfile import CastFile
from iochan.chardev.expect import Console
from iochan.core.opening import connect
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from tests.interop.browser import browsing
from tests.interop.peers import SECONDS, iochan, need, read_until, running
from tests.interop.test_qemu import free_port, qemu, wait_for_listener

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

CAT = ("--chardev", "pty,id=c0,command=sh -c 'stty raw -echo; echo ready; exec cat'")
SHELL = ("--chardev", "pty,id=c0,command=sh -i")


@contextlib.contextmanager
def served(*arguments: str, count: int = 1) -> Iterator[tuple[subprocess.Popen[bytes], list[str]]]:
    """Serve consoles, and give the first *count* addresses that the server tells."""
    with running(iochan("chardev", "serve", *arguments)) as process:
        told = b""
        found: list[str] = []
        while len(found) < count:
            told += read_until(process.stdout, b"\n")
            found = re.findall(r"(?:listening|waiting|counters) on (\S+)", told.decode())
        yield process, found


def port_of(address: str) -> str:
    return address.rpartition(":")[2]


def tls_object(pki: ThrowAwayPki, name: str, endpoint: str, *, verify: bool = True) -> tuple[str, str]:
    switch = "on" if verify else "off"
    return "--object", f"tls-creds-x509,id={name},endpoint={endpoint},dir={pki.dir},verify-peer={switch}"


def ask_monitor(console: Console) -> None:
    console.expect(b"(qemu) ", timeout=SECONDS)
    # QEMU 7.2 takes a byte at a time under TLS: each goes when the one before is echoed, as when one types.
    for byte in b"info version":
        console.send(bytes((byte,)))
        console.expect(re.compile(b".+", re.DOTALL), timeout=SECONDS)
    console.send(b"\r")
    console.expect(re.compile(rb"\d+\.\d+\.\d+"), timeout=SECONDS)
    console.expect(b"(qemu) ", timeout=SECONDS)


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


@pytest.mark.parametrize("mutual", [False, True], ids=["server-only", "mutual"])
def test_connect_talks_to_qemus_console(pki: ThrowAwayPki, mutual: bool) -> None:
    port = free_port()
    with running(
        qemu(pki.dir, "server", f"host=127.0.0.1,port={port},server=on,wait=off", verify_peer=mutual)
    ):
        wait_for_listener(port)
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=c&tls.hostname=localhost"
        argv = iochan("chardev", "connect", address, *tls_object(pki, "c", "client"))
        with PtyChannel.spawn(argv) as terminal:
            console = Console(terminal)
            console.expect(b"q quits")
            ask_monitor(console)
            console.send(b"\x1dq")
            assert terminal.wait(SECONDS) == 0


def test_qemus_own_list_refuses_us(pki: ThrowAwayPki) -> None:
    port = free_port()
    argv = [
        *qemu(
            pki.dir, "server", f"host=127.0.0.1,port={port},server=on,wait=off,tls-authz=a", verify_peer=True
        ),
        *("-object", "authz-simple,id=a,identity=CN=somebody else"),
    ]
    with running(argv):
        wait_for_listener(port)
        address = f"tls+tcp://127.0.0.1:{port}?tls.creds=c&tls.hostname=localhost"
        argv = iochan("chardev", "connect", address, *tls_object(pki, "c", "client"))
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
        assert b"(qemu)" not in done.stdout


@pytest.mark.parametrize("mutual", [False, True], ids=["server-only", "mutual"])
def test_qemu_is_the_device_that_comes_to_us(pki: ThrowAwayPki, mutual: bool) -> None:
    arguments = (
        *("--chardev", "socket,id=q,host=127.0.0.1,port=0,server=on,wait=off,tls-creds=s"),
        *tls_object(pki, "s", "server", verify=mutual),
        *("--listen", "tcp://127.0.0.1:0"),
    )
    with served(*arguments, count=2) as (_, (clients, device)):
        with (
            running(
                qemu(pki.dir, "client", f"host=localhost,port={port_of(device)},ipv4=on", verify_peer=True)
            ),
            connect(clients) as channel,
        ):
            ask_monitor(Console(channel))


def test_a_device_that_is_on_no_list_does_not_come_in(pki: ThrowAwayPki) -> None:
    arguments = (
        *("--chardev", "socket,id=q,host=127.0.0.1,port=0,server=on,tls-creds=s,tls-authz=a"),
        *tls_object(pki, "s", "server"),
        *("--object", "authz-simple,id=a,identity=CN=somebody else"),
        *("--listen", "tcp://127.0.0.1:0"),
    )
    with served(*arguments, count=2) as (_, (clients, device)):
        argv = qemu(pki.dir, "client", f"host=localhost,port={port_of(device)},ipv4=on", verify_peer=True)
        with running(argv), connect(clients) as channel:
            Console(channel).expect(b"the device is away: the peer 'CN=throw-away client'", timeout=SECONDS)


def test_gnutls_cli_uses_two_qemus_through_one_server(pki: ThrowAwayPki) -> None:
    port = free_port()
    arguments = (
        *("--chardev", "socket,id=one,host=127.0.0.1,port=0,server=on,tls-creds=s"),
        *("--chardev", f"socket,id=two,host=127.0.0.1,port={port},tls-creds=c,tls-hostname=localhost"),
        *tls_object(pki, "s", "server"),
        *tls_object(pki, "c", "client"),
        *("--object", "authz-simple,id=staff,identity=CN=throw-away client", "--admin", "staff"),
        *("--listen", "one=tls+tcp://127.0.0.1:0?tls.creds=s"),
        *("--listen", "two=tls+tcp://127.0.0.1:0?tls.creds=s"),
    )
    second = qemu(pki.dir, "server", f"host=127.0.0.1,port={port},server=on,wait=off", verify_peer=True)
    with running(second):
        wait_for_listener(port)
        with served(*arguments, count=3) as (_, (one, device, two)):
            first = qemu(
                pki.dir, "client", f"host=localhost,port={port_of(device)},ipv4=on", verify_peer=True
            )
            with running(first):
                for address in (one, two):
                    with running(gnutls_cli(pki, address, with_certificate=True)) as client:
                        assert client.stdin is not None
                        read_until(client.stdout, b"(qemu) ")
                        client.stdin.write(b"\n")
                        read_until(client.stdout, b"(qemu) ")


def test_gnutls_cli_without_a_role_is_told_so_and_without_a_certificate_not_even_that(
    pki: ThrowAwayPki,
) -> None:
    arguments = (
        *CAT,
        *tls_object(pki, "s", "server"),
        *("--object", "authz-simple,id=staff,identity=CN=somebody else", "--writer", "staff"),
        *("--listen", "tls+tcp://127.0.0.1:0?tls.creds=s"),
    )
    with served(*arguments) as (_, (address,)):
        with running(gnutls_cli(pki, address, with_certificate=True)) as client:
            read_until(client.stdout, b"[iochan: you have no role here]")
        with running(gnutls_cli(pki, address, with_certificate=False)) as client:
            assert client.wait(SECONDS) != 0


def gnutls_cli(pki: ThrowAwayPki, address: str, *, with_certificate: bool) -> list[str]:
    own = (f"--x509certfile={pki.dir}/client-cert.pem", f"--x509keyfile={pki.dir}/client-key.pem")
    return [
        need("gnutls-cli"),
        f"--x509cafile={pki.dir}/ca-cert.pem",
        *(own if with_certificate else ()),
        f"--port={port_of(address)}",
        "localhost",
    ]


def test_socat_and_nc_share_a_console(tmp_path: Path) -> None:
    path = tmp_path / "sock"
    with served(*CAT, "--listen", f"unix://{path}", "--listen", "tcp://127.0.0.1:0", count=2) as (_, where):
        with running([need("socat"), "-", f"UNIX:{path}"]) as writer:
            assert writer.stdin is not None
            read_until(writer.stdout, b"ready\n")
            with running([need("nc"), "127.0.0.1", port_of(where[1])]) as other:
                read_until(other.stdout, b"ready\n")
                writer.stdin.write(b"one line\n")
                assert read_until(writer.stdout, b"one line\n") == b"one line\n"
                read_until(other.stdout, b"one line\n")


def test_the_window_of_a_telnet_client_is_that_of_the_program() -> None:
    arguments = ("--chardev", "pty,id=c0,command=sh -i", "--listen", "telnet+tcp://127.0.0.1:0")
    with served(*arguments) as (_, (address,)):
        argv = [need("telnet"), "127.0.0.1", port_of(address)]
        with PtyChannel.spawn(argv, rows=33, columns=111) as terminal:
            console = Console(terminal, timeout=SECONDS)
            console.expect("Escape character is")
            # The size comes once telnet has agreed to tell it.
            until = "until test \"$(stty size)\" = '{} {}'; do sleep 0.05; done; echo d''one"
            console.send_line(until.format(33, 111))
            console.expect("done")
            terminal.window_size = (40, 100)
            console.send_line(until.format(40, 100))
            console.expect("done")


def test_a_browser_and_a_program_share_a_console(tmp_path: Path) -> None:
    need("chromium")
    arguments = (
        *("--chardev", "pty,id=c0,command=env PS1=ready: sh"),
        *("--listen", "ws+tcp://127.0.0.1:0?ws.page=console", "--listen", "tcp://127.0.0.1:0"),
    )
    with served(*arguments, count=2) as (_, (web, plain)), browsing(tmp_path / "profile") as page:
        page.go(f"http://127.0.0.1:{port_of(web)}/")
        page.run(
            """
            const row = (at) => window.terminal?.buffer.active.getLine(at)?.translateToString(true) ?? "";
            while (!row(0).includes("ready:")) await new Promise((done) => setTimeout(done, 20));
            return true;
            """
        )
        with connect(plain) as channel:
            console = Console(channel, timeout=SECONDS)
            console.expect("writes: ask for your turn")
            page.run("window.terminal.input('echo $((6 * 7)) from a browser\\r'); return true;")
            console.expect("42 from a browser")


def test_picocom_is_the_device_on_our_pty(tmp_path: Path) -> None:
    link = tmp_path / "tty"
    with served("--chardev", f"pty,id=p,path={link}", "--listen", "tcp://127.0.0.1:0") as (_, (address,)):
        with connect(address) as channel:
            console = Console(channel)
            console.send(b"\x01w")
            console.expect(b"p: up, 1 clients")
            terminal = PtyChannel.spawn([need("picocom"), str(link)])
            picocom = Console(terminal)
            picocom.expect(b"Terminal ready")
            console.send(b"hello picocom")
            picocom.expect(b"hello picocom")
            picocom.send(b"hello console")
            console.expect(b"hello console")
            picocom.send(b"\x01\x18")
            terminal.wait(SECONDS)
            terminal.close()


def test_a_serial_port_is_a_device_and_socat_is_at_its_other_end(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    argv = [need("socat"), "-d", "-d", f"PTY,link={near},raw,echo=0", f"PTY,link={far},raw,echo=0"]
    with running(argv) as process:
        read_until(process.stdout, b"starting data transfer loop")
        arguments = ("--chardev", f"serial,id=s,path={near},baud=9600", "--listen", "tcp://127.0.0.1:0")
        with served(*arguments) as (_, (address,)):
            with connect(address) as channel, connect(f"serial://{far}") as machine:
                console = Console(channel)
                console.send(b"AT\r")
                assert machine.read_exactly(3) == b"AT\r"
                machine.write_all(b"OK\r\n")
                console.expect(b"OK\r\n")


@pytest.mark.parametrize("version", [2, 3])
def test_a_session_is_recorded_and_replayed_byte_for_byte(tmp_path: Path, version: int) -> None:
    cast, raw = tmp_path / "s.cast", tmp_path / "s.log"
    device = f"pty,id=c0,command=sh -i,record={cast},record-version={version},logfile={raw}"
    with served("--chardev", device, "--listen", "tcp://127.0.0.1:0") as (process, (address,)):
        with connect(address) as channel:
            console = Console(channel)
            console.send_line("printf 'h\\303\\251llo \\377 \\033[1mbold\\033[0m\\n'; echo d''one")
            console.expect(b"done\r\n")
            console.send_line("exit")
        assert process.wait(SECONDS) == 0
    done = subprocess.run(iochan("chardev", "replay", "--fast", str(cast)), capture_output=True, check=True)
    assert done.stdout == raw.read_bytes()
    assert b"h\xc3\xa9llo \xff \x1b[1mbold" in done.stdout
    if version == 2:
        shown = subprocess.run(
            [sys.executable, "-m", "asciinema", "cat", str(cast)], capture_output=True, check=True
        )
        assert shown.stdout == raw.read_bytes().replace(b"\xff", "\ufffd".encode())


def test_clients_that_are_killed_cost_nobody_anything() -> None:
    with served(*CAT, "--listen", "tcp://127.0.0.1:0") as (_, (address,)):
        with running([need("nc"), "127.0.0.1", port_of(address)]) as victim:
            assert victim.stdin is not None
            read_until(victim.stdout, b"ready\n")
            with connect(address) as channel:
                console = Console(channel)
                console.expect(b"writes: ask for your turn")
                console.send(b"\x01a")
                console.expect(b"and was asked")
                victim.stdin.write(b"x\n")
                console.expect(b"x\n")
                os.kill(victim.pid, signal.SIGKILL)
                victim.wait(SECONDS)
                console.expect(b"you may write now")
                console.send(b"mine\n")
                console.expect(b"mine\n")


def test_a_device_that_is_killed_comes_back(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    device = f"pty,id=c0,reconnect-ms=50,command=sh -c 'echo $$ > {pid}; echo ready; exec cat'"
    with served("--chardev", device, "--listen", "tcp://127.0.0.1:0") as (_, (address,)):
        with connect(address) as channel:
            console = Console(channel)
            console.expect(b"ready")
            first = pid.read_text()
            os.kill(int(first), signal.SIGKILL)
            console.expect(b"the device has ended")
            console.expect(b"the device is there")
            console.expect(b"ready")
            assert pid.read_text() != first


def test_a_server_that_is_killed_under_load_leaves_good_records_and_can_be_started_again(
    tmp_path: Path,
) -> None:
    cast, log, sock = tmp_path / "s.cast", tmp_path / "s.log", tmp_path / "sock"
    device = f"pty,id=c0,command=yes 0123456789,record={cast},logfile={log},logtimestamp=on"
    for _ in range(2):
        with served("--chardev", device, "--listen", f"unix://{sock}") as (process, _addresses):
            with connect(f"unix://{sock}") as channel:
                read = 0
                end = time.monotonic() + SECONDS
                while read < 200_000 and time.monotonic() < end:
                    read += len(channel.read())
                os.kill(process.pid, signal.SIGKILL)
                process.wait(SECONDS)
                channel.abort()
        with cast.open("rb") as file:
            output = b"".join(event.data for event in CastFile(file))
        assert len(output) >= 100_000
        assert set(output.split(b"\r\n")[1:-1]) == {b"0123456789"}
        lines = log.read_bytes().split(b"\n")
        assert all(re.fullmatch(rb"\S{24} < 0123456789\r", line) for line in lines[1:-1])


def test_one_stopped_client_does_not_hold_up_the_others(tmp_path: Path) -> None:
    size = 20 << 20
    device = f"pty,id=c0,command=sh -c 'read x; stty raw; head -c {size} /dev/zero; sleep 9'"
    with served("--chardev", device, "--listen", "tcp://127.0.0.1:0") as (process, (address,)):
        with connect(address) as stopped, connect(address) as channel:
            stopped.write_all(b"go\r")
            got = 0
            while got < size:
                got += channel.read().count(b"\0")
            assert got == size
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            peak = re.search(r"VmHWM:\s+(\d+) kB", status)
            assert peak is not None
            assert int(peak[1]) < 150_000


def test_a_certificates_name_gives_the_role(pki: ThrowAwayPki) -> None:
    rule = '{"match": "CN=throw-away*", "policy": "allow", "format": "glob"}'
    rules = f'{{"qom-type": "authz-list", "id": "w", "rules": [{rule}]}}'
    arguments = (
        *CAT,
        *tls_object(pki, "s", "server", verify=True),
        *("--object", rules, "--writer", "w"),
        *("--listen", "tls+tcp://127.0.0.1:0?tls.creds=s"),
    )
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}")
    with served(*arguments) as (_, (address,)):
        where = f"{address}?tls.creds=c&tls.hostname=localhost"
        with connect(where, objects=objects) as channel:
            console = Console(channel)
            console.expect(b"ready\n")
            console.send(b"hi\n")
            console.expect(b"hi\n")
