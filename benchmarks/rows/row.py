"""What a row of the benchmark is: the processes that play it, its figure, and its bars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Required, TypedDict

from benchmarks.job import Job, Result

SERVER_CORE = 0
OTHER_CORE = 1

Figure = Callable[[Result, Job], float]


class Work(TypedDict, total=False):
    """The fields of :class:`~benchmarks.job.Job` that a row sets."""

    size: Required[int]
    pieces: int
    gather: bool
    unix: bool
    tls: bool
    websocket: bool
    connections: int


@dataclass(frozen=True)
class Part:
    """One process of a sample; parts start in order, and each learns where the one before it listens.

    Attributes:
        contender: who plays the role; None: the contender under measurement.
        server: whether it accepts connections.
        core: SERVER_CORE or OTHER_CORE.
        watches: the index of the part whose CPU time and memory it measures; None: nobody's.
    """

    role: str
    contender: str | None = None
    server: bool = False
    core: int = SERVER_CORE
    watches: int | None = None


@dataclass(frozen=True)
class Bar:
    """A ratio that ``ours`` must keep, inside one run, against the best of ``against`` in each round.

    ``limit`` is the least ratio, or the greatest in a row whose figure is better when less.
    """

    ours: str
    against: tuple[str, ...]
    limit: float


@dataclass(frozen=True)
class Cap:
    """An absolute limit of one of the row's extra figures: at most ``limit``."""

    ours: str
    extra: str
    limit: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of work.

    Attributes:
        parts: the processes of a sample.
        measured: the index of the part whose result counts.
        unit: of the figure.
        figure: makes the figure of a result.
        extras: further figures by column title.
        less_is_better: how figures compare.
        peers: whose figures it shows, apart from those that bars name; the first one is the table's
            reference (ratio 1).
        work: what the messages and the connections are.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    measured: int
    unit: str
    figure: Figure
    peers: tuple[str, ...]
    bars: tuple[Bar | Cap, ...]
    work: Work
    extras: dict[str, Figure] = field(default_factory=dict)
    less_is_better: bool = False

    @property
    def reference(self) -> str:
        """Whose ratio is 1."""
        return self.peers[0]

    @property
    def contenders(self) -> tuple[str, ...]:
        """Everyone who takes part, in the order of a round."""
        return tuple(dict.fromkeys((*self.peers, *(bar.ours for bar in self.bars))))


def messages_per_second(result: Result, _job: Job) -> float:
    """Laps a second."""
    return result.count / result.seconds


def received_megabytes(result: Result, _job: Job) -> float:
    """MB/s (10^6) of a receiver, which counts bytes."""
    return result.count / result.seconds / 1e6


def sent_megabytes(result: Result, job: Job) -> float:
    """MB/s (10^6) of a sender, which counts messages."""
    return result.count * job.size / result.seconds / 1e6


def cpu_per_kib(result: Result, job: Job) -> float:
    """Nanoseconds of the watched process for each KiB sent."""
    return result.cpu_ns / (result.count * job.size / 1024)


def cpu_per_message(result: Result, _job: Job) -> float:
    """Microseconds of the watched process for each message."""
    return result.cpu_ns / result.count / 1000


def memory_per_connection(result: Result, job: Job) -> float:
    """KiB of the watched process for each connection."""
    return result.memory_kib / job.connections
