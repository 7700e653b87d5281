from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from iochan.core.opening import listen
from tests.cli.command import SECONDS, iochan, said

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "command", [(), ("relay",), ("cat",), ("perf",), ("demo",), ("creds",), ("creds", "init")]
)
def test_every_command_has_its_help(command: tuple[str, ...]) -> None:
    done = iochan(*command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(b"Usage: ")
    if command and command != ("creds",):
        assert b"Examples:" in done.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    done = iochan("relya")
    assert done.returncode == 2
    assert b"No such command 'relya'" in done.stderr


def test_it_tells_its_version() -> None:
    assert iochan("--version").stdout.startswith(b"iochan, version ")


def test_a_full_disk_and_a_missing_file_are_named() -> None:
    with Path("/dev/full").open("wb") as full:
        argv = [sys.executable, "-m", "iochan", "relay", "--json", "--once", "null:", "null:"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, timeout=30, check=False)
    assert said(done) == "iochan: standard input or output: no space left on device: free some"
    assert (
        said(iochan("hash", "no-such-file"))
        == "iochan: no-such-file: no such file or directory: check the name"
    )


def test_a_closed_standard_output_is_told_and_no_connection_gets_its_number() -> None:
    with listen("tcp://127.0.0.1:0") as listener:
        argv = [sys.executable, "-m", "iochan", "cat", listener.addresses[0]]
        shell = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *argv]
        with subprocess.Popen(shell, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as cat:
            with listener.accept(20) as channel:
                channel.write_all(b"for its output")
                channel.timeout = 20
                assert channel.read() == b""
            assert cat.stderr is not None
            assert cat.stderr.read().startswith(b"iochan: standard output is not open to be written")
            assert cat.wait(20) == 1


def test_a_command_whose_extra_is_absent_says_how_to_get_it() -> None:
    without = "import sys; sys.modules['numpy'] = None; from iochan.cli.main import main; main()"
    argv = [sys.executable, "-c", without, "vnc", "testcard", "--listen", "tcp://127.0.0.1:0"]
    done = subprocess.run(argv, capture_output=True, timeout=SECONDS, check=False)
    assert said(done) == "iochan: numpy is not installed: pip install 'iochan[vnc]'"
