from __future__ import annotations

import os
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from iochan.channels.file import FileChannel
from iochan.core.op import run
from iochan.crypto.block import create_luks_op, open_luks_op
from tests.cli.command import SECONDS, iochan, said

pytestmark = pytest.mark.slow


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    with FileChannel.open(path, "rw") as channel:
        run(create_luks_op(channel, b"first", 4096, algorithm="aes-128", mode="cbc", iterations=1000))
    return path


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = os.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def type_in(terminal: tuple[int, int], lines: Sequence[bytes], *arguments: str) -> tuple[bytes, bytes]:
    """Run ``iochan`` on a terminal, answer each prompt with a line, and return its output and its errors."""
    ours, theirs = terminal
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    argv = [sys.executable, "-m", "iochan", *arguments]
    with subprocess.Popen(
        argv,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stderr is not None
        said = b""
        for line in lines:
            while not said.endswith(b": "):
                said += (more := os.read(process.stderr.fileno(), 1000))
                assert more, said
            said += b"|"
            os.write(ours, line)
        out, more = process.communicate(timeout=SECONDS)
        return out, said + more


def test_what_is_typed_counts_byte_for_byte_and_is_not_shown(image: Path, terminal: tuple[int, int]) -> None:
    (image.parent / "first").write_bytes(b"first")
    before = termios.tcgetattr(terminal[1])
    typed = b"p\xe4ss \xff\xed\xb2\x80\n"  # no UTF-8, whatever Python would make of it
    arguments = "luks", "add-key", str(image), "--key-file", str(image.parent / "first"), "--iter-time", "1"
    out, errors = type_in(terminal, [typed, b"another\n", b"\n", typed, typed], *arguments)
    assert out == b"slot 1\n", errors
    assert b"The two differ: type both again." in errors
    assert termios.tcgetattr(terminal[1]) == before
    assert os.read(terminal[0], 100) == b"\r\n" * 5
    with FileChannel.open(image) as channel:
        assert run(open_luks_op(channel, typed[:-1])).size == 4096


def test_the_end_of_the_typing_ends_the_command(image: Path, terminal: tuple[int, int]) -> None:
    out, errors = type_in(terminal, [b"\x04"], "luks", "open", str(image))
    assert out == b""
    assert errors.endswith(b"Aborted!\n")


def test_a_password_is_a_secret_object_as_qemu_has_it(image: Path) -> None:
    objects = (
        "--object",
        "secret,id=sec0,data=first",
        "--object",
        "secret,id=sec1,format=base64,data=c2Vjb25k",
    )
    secrets = "--key-secret", "sec0", "--new-key-secret", "sec1"
    added = iochan("luks", "add-key", str(image), *objects, *secrets, "--iter-time", "1")
    assert added.stdout == b"slot 1\n", added.stderr
    opened = iochan("luks", "open", str(image), *objects, "--key-secret", "sec1")
    assert len(opened.stdout) == 4096
    assert "no secret 'sec2'" in said(iochan("luks", "open", str(image), *objects, "--key-secret", "sec2"))
    both = iochan("luks", "open", str(image), *objects, "--key-secret", "sec0", "--key-file", "x")
    assert both.returncode == 2
    assert b"--key-file and --key-secret were both given" in both.stderr


def test_without_a_terminal_nobody_is_asked(image: Path) -> None:
    assert "no password: give it in a file" in said(iochan("luks", "open", str(image)))
