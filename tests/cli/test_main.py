from __future__ import annotations

import pytest

from tests.cli.command import iochan

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
