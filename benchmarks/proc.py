"""What the kernel says of another process."""

from __future__ import annotations

import time
from pathlib import Path

CPUCLOCK_SCHED = 2


def cpu_ns(pid: int) -> int:
    """User and system time of ``pid``, all its threads, in nanoseconds.

    A process's CPU clock has an id made of its pid (clock_getcpuclockid(3)), which is exact, where
    proc(5) counts in ticks of 10 ms.
    """
    return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)


def anonymous_kib(pid: int) -> int:
    """Resident memory of ``pid`` that no file backs, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "RssAnon":
            return int(value.split()[0])
    raise LookupError(f"/proc/{pid}/status has no RssAnon: a kernel of 4.5 or later is needed")
