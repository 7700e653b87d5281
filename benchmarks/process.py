"""The harness's end of one worker process."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

    from benchmarks.job import Job

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 5.0
TAIL = 600


class SampleError(RuntimeError):
    """A worker failed or said nothing in time: its sample does not count."""


class Worker:
    """A fresh process with one role; leaving its context ends it."""

    def __init__(self, role: str, contender: str, job: Job) -> None:
        self.name = f"{contender} as {role}"
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", role, contender, job.to_json()],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        self._received = b""

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def wait_for(self, key: str, seconds: float) -> Any:  # noqa: ANN401 - JSON
        """The value of the line that has ``key``; its end or the time's raises SampleError."""
        deadline = time.monotonic() + seconds
        while True:
            line = json.loads(self._line(deadline))
            if key in line:
                return line[key]

    def _line(self, deadline: float) -> bytes:
        assert self._process.stdout is not None
        stdout = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(stdout, select.POLLIN)
        while b"\n" not in self._received:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise SampleError(f"{self.name}: silent past its deadline: {self._complaint()}")
            data = os.read(stdout, 65536)
            if not data:
                raise SampleError(f"{self.name}: ended without a result: {self._complaint()}")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _complaint(self) -> str:
        self._stderr.seek(0)
        lines = self._stderr.read()[-TAIL:].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it wrote no message"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._stderr.close()
