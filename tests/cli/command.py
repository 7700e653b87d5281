"""Running our program as its users do."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["iochan", "said", "serving"]

SECONDS = 60


def iochan(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ``iochan`` with *arguments* to its end."""
    argv = [sys.executable, "-m", "iochan", *arguments]
    return subprocess.run(argv, input=stdin, capture_output=True, timeout=SECONDS, check=False)


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return the one line of a failure, having made sure that it is one."""
    text = done.stderr.decode()
    assert done.returncode != 0
    assert "Traceback" not in text
    (line,) = [line for line in text.splitlines() if not line.startswith("listening on ")][-1:]
    assert line.startswith("iochan: ")
    return line


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run ``iochan`` with *arguments*, which listens; the value has the address that it prints."""
    argv = [sys.executable, "-m", "iochan", *arguments]
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stderr is not None
            told = ""
            while (match := re.match(r"listening on (\S+)", told)) is None:
                told = process.stderr.readline().decode()
                assert told, "it listens nowhere"
            yield process, match.group(1)
            process.terminate()
            process.wait(SECONDS)
        finally:
            process.kill()
