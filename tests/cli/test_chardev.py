from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iochan.channels.pty import PtyChannel
from iochan.chardev.expect import Console
from iochan.core.opening import connect
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from tests.cli.command import SECONDS, iochan, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

CAT = "pty,id=c0,command=sh -c 'stty raw -echo; echo ready; exec cat'"


@contextmanager
def served(*arguments: str, lines: int = 1) -> Iterator[tuple[subprocess.Popen[bytes], list[str]]]:
    """Serve consoles; the value has the addresses of the first *lines* lines that the server prints."""
    argv = [sys.executable, "-m", "iochan", "chardev", "serve", *arguments]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            told = [process.stderr.readline().decode() for _ in range(lines)]
            yield process, [line.split(" on ")[1].split()[0] for line in told]
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()


def test_it_serves_and_lists_and_ends_with_a_goodbye() -> None:
    arguments = ("--chardev", CAT, "--listen", "tcp://127.0.0.1:0", "--metrics", "tcp://127.0.0.1:0")
    with served(*arguments, lines=2) as (process, (counters, address)):
        with connect(address) as channel:
            console = Console(channel)
            console.expect("ready\n")
            done = iochan("chardev", "list", counters, "--json")
            (one,) = json.loads(done.stdout)
            assert one["console"] == "c0"
            assert one["addresses"] == [address]
            table = iochan("chardev", "list", counters).stdout.decode()
            assert "c0" in table
            assert "writer, writes" in " ".join(table.split())
            process.terminate()
            console.expect("the server stops]\r\n")
            assert channel.read() == b""
        # A second signal, while the interpreter ends, would kill it.
        assert process.wait(SECONDS) == 0


def test_a_stop_says_goodbye_through_tls_too(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}")
    arguments = (
        *("--chardev", CAT, "--listen", "tls+tcp://127.0.0.1:0?tls.creds=s"),
        *("--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir}"),
    )
    with served(*arguments) as (process, (address,)):
        with connect(f"{address}?tls.creds=c&tls.hostname=localhost", objects=objects) as channel:
            console = Console(channel)
            console.expect("ready\n")
            process.terminate()
            console.expect("the server stops]\r\n")
            assert channel.read() == b""  # a cut stream would raise
        assert process.wait(SECONDS) == 0


def test_it_ends_when_the_last_device_has_ended_for_ever() -> None:
    with served("--chardev", "pty,id=c0,command=true", "--listen", "tcp://127.0.0.1:0") as (process, _):
        assert process.wait(SECONDS) == 0


def test_options_of_the_line_say_who_may_do_what() -> None:
    arguments = ("--chardev", CAT, "--role", "observer", "--escape", "^B", "--listen", "tcp://127.0.0.1:0")
    with served(*arguments) as (_, (address,)), connect(address) as channel:
        console = Console(channel)
        console.expect("you may look, and not write")
        console.send(b"\x02w")
        console.expect("(observer), you")


WRONG = [
    ((), "nothing to serve: give --chardev and --listen, or --config"),
    (("--chardev", "pyt,id=a"), "chardev 'pyt' is unknown"),
    (("--chardev", "null,id=a", "--listen", "b=tcp://:0"), "no device 'b'"),
    (
        ("--chardev", "null,id=a", "--chardev", "null,id=b", "--listen", "tcp://:0"),
        "for which of the 2 devices",
    ),
    (("--chardev", "null,id=a", "--listen", "tpc://:0"), "unknown scheme 'tpc'"),
    (("--chardev", "null,id=a", "--escape", "^^^"), "is no key"),
    (("--chardev", "null,id=a,logfile=/no/such/place"), "cannot be written: no such file or directory"),
    (("--config", "/no/such/file"), "no such file"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[row[1] for row in WRONG])
def test_what_is_wrong_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    assert message in said(iochan("chardev", "serve", *arguments))


def test_a_hangup_reads_the_configuration_again_and_keeps_the_clients(tmp_path: Path) -> None:
    path, sock = tmp_path / "c.toml", tmp_path / "sock"
    console = f'[console.c0]\nchardev = "{CAT.replace("id=c0,", "")}"\nlisten = ["unix://{sock}"]\n'
    path.write_text(console)
    with served("--config", str(path)) as (process, (address,)), connect(address) as channel:
        client = Console(channel)
        client.expect("ready\n")
        assert process.stderr is not None
        path.write_text(console + "[console.c1]\nchardev = 'nul'\n")
        process.send_signal(signal.SIGHUP)
        line = process.stderr.readline().decode()
        assert re.search(
            r"not reloaded.*c\.toml: line 5: console\.c1\.chardev: chardev 'nul' is unknown", line
        )
        path.write_text(console + f"[console.c1]\nchardev = 'null'\nlisten = 'unix://{tmp_path}/other'\n")
        process.send_signal(signal.SIGHUP)
        assert b"for c0" in process.stderr.readline()
        assert b"/other for c1" in process.stderr.readline()
        client.send(b"kept")
        client.expect("kept")


def test_connect_joins_pipes_and_passes_the_end_on(tmp_path: Path) -> None:
    cast = tmp_path / "c.cast"
    with served("--chardev", CAT, "--listen", "tcp://127.0.0.1:0") as (_, (address,)):
        done = iochan("chardev", "connect", address, "--record", str(cast), stdin=b"typed\n")
        assert done.stdout == b"ready\ntyped\n"
        assert iochan("chardev", "replay", "--fast", str(cast)).stdout == b"ready\ntyped\n"
        log = iochan("chardev", "log", str(cast)).stdout
        assert re.fullmatch(rb"(\S{24} < ready\n)(\S{24} < typed\n)", log)


def test_connect_on_a_terminal_has_an_escape_key() -> None:
    with served("--chardev", CAT, "--listen", "tcp://127.0.0.1:0") as (_, (address,)):
        argv = [sys.executable, "-m", "iochan", "chardev", "connect", address]
        with PtyChannel.spawn(argv) as terminal:
            console = Console(terminal)
            console.expect("^] q quits")
            console.expect("ready\n")
            console.send(b"a\x1d\x1db\x1db")
            console.expect(b"a\x1db")
            os.kill(terminal.pid or 0, signal.SIGWINCH)
            console.send(b"still")
            console.expect(b"still")
            console.send(b"\x1dq")
            assert terminal.wait(SECONDS) == 0


def test_a_log_is_printed_without_what_a_terminal_would_obey(tmp_path: Path) -> None:
    path = tmp_path / "log"
    at = "2026-11-23T15:41:45.123Z"
    path.write_bytes(f"{at} < \x1b[1mbold\x1b[0m\x07\r\n{at} > 'me' ls\r\n".encode())
    assert iochan("chardev", "log", str(path)).stdout.decode() == f"{at} < bold\n{at} > 'me' ls\n"
    assert iochan("chardev", "log", "--typed", str(path)).stdout.decode() == f"{at} > 'me' ls\n"
    assert b"\x1b[1m" in iochan("chardev", "log", "--sent", "--raw", str(path)).stdout


def test_a_replay_of_what_is_no_asciicast_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"hello\n")
    assert "line 1: b'hello' is no JSON" in said(iochan("chardev", "replay", str(path)))
    path.write_bytes(b'{"version": 2, "width": 1, "height": 1}\n[0, "o", "a"]\n[1, "o"')
    done = iochan("chardev", "replay", "--speed", "100", "--idle", "0.01", str(path))
    assert (done.stdout, done.returncode) == (b"a", 0)
    assert b"its last line is cut off" in done.stderr
    assert iochan("chardev", "replay", "--step", str(path), stdin=b" ").stdout == b"a"
    assert iochan("chardev", "replay", "--step", "--fast", str(path)).returncode == 2
