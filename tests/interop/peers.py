"""Starting foreign programs, and talking to them until a deadline."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import pytest

__all__ = ["SECONDS", "eventually", "iochan", "need", "read_until", "running"]

SECONDS = 20.0
"""How long any answer of a program may take."""


def need(program: str) -> str:
    """Return the path of *program*; without it the test fails in CI, and is skipped elsewhere."""
    path = shutil.which(program)
    if path is None:
        message = f"{program} is not installed: make peers"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def iochan(*arguments: str) -> list[str]:
    """Return the command line of our own program."""
    return [sys.executable, "-m", "iochan", *arguments]


@contextmanager
def running(argv: list[str], *, stdin: int = subprocess.PIPE) -> Iterator[subprocess.Popen[bytes]]:
    """Run *argv* with pipes on all its streams; it is ended with the block."""
    with subprocess.Popen(
        argv, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def eventually(holds: Callable[[], object]) -> None:
    """Wait until *holds*."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def read_until(stream: IO[bytes] | None, wanted: bytes) -> bytes:
    """Read *stream* until *wanted* has come, and return all that came."""
    assert stream is not None
    poll = select.poll()
    poll.register(stream.fileno(), select.POLLIN)
    end = time.monotonic() + SECONDS
    got = b""
    while wanted not in got:
        left = end - time.monotonic()
        assert left > 0, f"{wanted!r} did not come, only {got!r}"
        if poll.poll(left * 1000):
            piece = os.read(stream.fileno(), 65536)
            assert piece, f"the program ended before {wanted!r}; it said {got!r}"
            got += piece
    return got
