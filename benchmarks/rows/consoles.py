"""Consoles: many terminals with many clients, one client that stops reading, one client at full speed."""

from __future__ import annotations

from benchmarks.job import Job, Result
from benchmarks.rows.row import OTHER_CORE, Bar, Cap, Part, Row, received_megabytes

CONSOLES = 200
CLIENTS = 5


def echo_p99(result: Result, _job: Job) -> float:
    """Microseconds until all but one of a hundred keys were seen by who typed them."""
    return result.late_us


def keys_per_second(result: Result, _job: Job) -> float:
    """How many keys a second came back."""
    return result.count / result.seconds


def cpu_per_client(result: Result, job: Job) -> float:
    """Thousandths of a core for each client."""
    return result.cpu_ns / (result.seconds * 1e6) / (job.connections * CLIENTS)


def memory_per_client(result: Result, job: Job) -> float:
    """KiB of the server for each client."""
    return result.memory_kib / (job.connections * CLIENTS)


def memory_mib(result: Result, _job: Job) -> float:
    """MiB that the server grew by."""
    return result.memory_kib / 1024


def printing(name: str, title: str, clients: int, peers: tuple[str, ...], bars: tuple[Bar | Cap, ...]) -> Row:
    """A row of one program that prints, and of clients that read 100 MB each."""
    return Row(
        name=name,
        title=title,
        parts=(Part("relay", server=True), Part("crowd", "watchers", core=OTHER_CORE, watches=0)),
        measured=1,
        unit="MB/s",
        figure=received_megabytes,
        extras={"MiB": memory_mib},
        peers=peers,
        bars=bars,
        work={"size": 100_000_000, "connections": clients},
    )


ROWS = (
    Row(
        name="consoles",
        title=f"{CONSOLES} consoles with {CLIENTS} telnet clients each, echo of a key, p99",
        parts=(
            Part("relay", "terminals", server=True, core=OTHER_CORE),
            Part("relay", server=True),
            Part("crowd", "typists", core=OTHER_CORE, watches=1),
        ),
        measured=2,
        unit="us",
        figure=echo_p99,
        extras={"keys/s": keys_per_second, "mcore each": cpu_per_client, "KiB each": memory_per_client},
        less_is_better=True,
        peers=("ser2net",),
        bars=(Bar("iochan-consoles", ("ser2net",), 2.0),),
        work={"size": 1, "connections": CONSOLES},
    ),
    printing(
        "console-stopped",
        "100 MB of a console to each of 2 clients, a third one reads nothing",
        3,
        ("iochan-relay-pty",),
        (Bar("iochan-console", ("iochan-relay-pty",), 0.95), Cap("iochan-console", "MiB", 16)),
    ),
    printing(
        "console-bulk",
        "100 MB of a console to one client",
        1,
        ("socat-pty", "iochan-relay-pty"),
        (Bar("iochan-console", ("socat-pty",), 0.8),),
    ),
)
