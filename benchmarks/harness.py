"""Samples and rounds: every sample in fresh processes, contenders interleaved A B C A B C."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.contenders import TABLE
from benchmarks.figures import Samples
from benchmarks.job import Job, Result
from benchmarks.process import SampleError, Worker
from benchmarks.rows.row import SERVER_CORE, Row

START_SECONDS = 20.0
RESULT_SECONDS = 20.0


@dataclass(frozen=True)
class Settings:
    """How a run is made.

    Attributes:
        rounds: samples of each contender.
        seconds: the window of a sample, after ``warmup`` seconds that do not count.
        only: the contenders to run; empty: all.
    """

    rounds: int = 5
    seconds: float = 0.5
    warmup: float = 0.15
    only: tuple[str, ...] = ()


def cores() -> tuple[int, int]:
    """The server's core and the other one; the same twice where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[-1], allowed[0]


def sample(row: Row, contender: str, settings: Settings, directory: Path) -> tuple[Result, Job]:
    """One sample: start the row's parts in order, take what the measured one says, end all.

    Raises:
        SampleError: a part failed.
    """
    first, second = cores()
    job = Job(
        **row.work,
        seconds=settings.seconds,
        warmup=settings.warmup,
        directory=str(directory),
    )
    with ExitStack() as stack:
        workers: list[Worker] = []
        for number, part in enumerate(row.parts):
            order = replace(
                job,
                server=part.server,
                address=workers[-1].wait_for("ready", START_SECONDS) if workers else None,
                watch=0 if part.watches is None else workers[part.watches].pid,
                core=first if part.core == SERVER_CORE else second,
            )
            name = part.contender or contender
            workers.append(stack.enter_context(Worker(part.role, name, order)))
            if number == row.measured:
                job = order
        said = workers[row.measured].wait_for("result", RESULT_SECONDS)
    result = Result(**said)
    if not result.seconds:
        raise SampleError(f"{contender} in {row.name}: the connection ended before the warm-up did")
    return result, job


def run_row(
    row: Row, settings: Settings, directory: Path, progress: Callable[[str], object] = lambda _: None
) -> Samples:
    """All rounds of ``row``; whoever cannot run or fails is noted and does not stop the others."""
    absent = {name: reason for name in row.contenders if (reason := why_absent(name, settings.only))}
    running = [name for name in row.contenders if name not in absent]
    samples = Samples(
        figures={name: [] for name in running},
        extras={name: {title: [] for title in row.extras} for name in running},
        notes=absent,
    )
    for number in range(settings.rounds):
        for name in running:
            progress(f"{row.name}: round {number + 1}/{settings.rounds}: {name}")
            try:
                result, job = sample(row, name, settings, directory)
            except SampleError as error:
                samples.figures[name].append(None)
                samples.notes[name] = str(error)
                continue
            samples.figures[name].append(row.figure(result, job))
            for title, figure in row.extras.items():
                samples.extras[name][title].append(figure(result, job))
    return samples


def why_absent(name: str, only: Sequence[str]) -> str:
    """Why a contender takes no part; empty when it does."""
    if only and name not in only:
        return "not asked for"
    if name not in TABLE:
        return "not in the table of contenders"
    missing = TABLE[name].missing()
    return f"not installed: {missing}" if missing else ""
