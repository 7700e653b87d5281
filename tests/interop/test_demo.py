from __future__ import annotations

import re
import shlex
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.interop.peers import SECONDS, iochan, need, read_until, running

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]


@pytest.fixture
def served() -> Iterator[tuple[subprocess.Popen[bytes], list[str]]]:
    """Run the demo's server; the value has the commands that it prints."""
    with running(iochan("demo", "--serve")) as process:
        told = read_until(process.stdout, b"End with Ctrl-C.").decode()
        yield process, [line.strip() for line in told.splitlines() if line.startswith("  ")]


@pytest.mark.parametrize("program", ["openssl", "gnutls-cli"])
def test_a_shell_is_reached_by_the_printed_command(
    served: tuple[subprocess.Popen[bytes], list[str]], program: str
) -> None:
    need(program)
    _, commands = served
    (command,) = (shlex.split(one) for one in commands if one.startswith(program))
    with running(command) as client:
        assert client.stdin is not None
        client.stdin.write(b'echo "got $((123 * 1000 + 456))"\n')
        read_until(client.stdout, b"got 123456")


def test_it_ends_in_order_when_it_is_told_to(served: tuple[subprocess.Popen[bytes], list[str]]) -> None:
    process, commands = served
    assert any(re.search(r"iochan.* cat --raw", command) for command in commands)
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 0
