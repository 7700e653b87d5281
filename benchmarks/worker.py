"""One fresh process of a sample: ``python -m benchmarks.worker ROLE CONTENDER JOB``.

It prints one line of JSON when it listens (``ready``) and one with what it measured (``result``).
"""

from __future__ import annotations

import os
import resource
import sys
from typing import TYPE_CHECKING

from benchmarks import wire
from benchmarks.contenders import load
from benchmarks.job import Job, Result

if TYPE_CHECKING:
    from benchmarks.contenders.base import Contender

DESCRIPTORS = 4096
PRIMER = 1 << 20


def prime_allocator() -> None:
    """Free one large block, so that glibc stops giving 256 KiB receives fresh pages each time.

    Without it a library's figure depends on what its process happened to free before.
    """
    block = bytearray(PRIMER)
    del block


def perform(contender: Contender, role: str, job: Job) -> Result:
    """Do ``role``; a failure counts only when the measurement was not complete yet.

    (A sender that hangs up abruptly at the end is no failure of the receiver.)
    """
    try:
        match role:
            case "fan":
                contender.fan(wire.listen(job), job)
            case "relay":
                contender.relay(job)
            case "crowd":
                return contender.crowd(job)
            case _:
                if job.server:
                    sock = wire.listen(job) if contender.listens else wire.accept(job)
                else:
                    sock = wire.connect(job)
                contender.perform(role, sock, job)
    except Exception:
        if not job.clock.complete:
            raise
    return Result(count=job.clock.count, seconds=job.clock.seconds, cpu_ns=job.clock.cpu_ns)


def main() -> None:
    """Run one role."""
    role, name, order = sys.argv[1:]
    job = Job.from_json(order)
    os.sched_setaffinity(0, {job.core})
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
    prime_allocator()
    result = perform(load(name), role, job)
    print(result.to_json(), flush=True)


if __name__ == "__main__":
    main()
