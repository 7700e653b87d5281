"""The clients of the console rows, the same for every server: people who type, and people who only look."""

from __future__ import annotations

import select
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks import proc, wire
from benchmarks.contenders.base import Contender
from benchmarks.contenders.consoles import facts_of
from benchmarks.job import Result

if TYPE_CHECKING:
    from benchmarks.job import Job

RATE = 5
"""Keystrokes a second on each console: a fast typist."""

SETTLE_SECONDS = 1.0
TYPING_SECONDS = 5.0
KEY = b"x"


def join(job: Job, port: int) -> socket.socket:
    """Connect to *port*, when its server listens."""
    return wire.connect(replace(job, address=(wire.HOST, port)))


class Typists(Contender):
    """On every console one types at a steady pace, and all of its clients read the echo."""

    @override
    def crowd(self, job: Job) -> Result:
        facts = facts_of(job)
        first = join(job, facts["ports"][0])
        before = proc.anonymous_kib(job.watch)
        first.close()
        clients = [[join(job, port) for _ in range(facts["clients"])] for port in facts["ports"]]
        poll = select.epoll()
        sockets = {one.fileno(): one for console in clients for one in console}
        for fd, one in sockets.items():
            one.setblocking(False)
            poll.register(fd, select.EPOLLIN)
        self._drain(poll, sockets)
        typists = [console[0] for console in clients]
        # The first key opens the device, where a server does that late, and is not measured.
        for one in typists:
            one.send(KEY)
        self._drain(poll, sockets)
        cpu, start = proc.cpu_ns(job.watch), time.perf_counter()
        lags = self._type(poll, sockets, typists)
        seconds = time.perf_counter() - start
        lags.sort()
        return Result(
            count=len(lags),
            seconds=seconds,
            cpu_ns=proc.cpu_ns(job.watch) - cpu,
            memory_kib=proc.anonymous_kib(job.watch) - before,
            late_us=lags[len(lags) * 99 // 100] * 1e6,
        )

    def _drain(self, poll: select.epoll, sockets: dict[int, socket.socket]) -> None:
        """Read and drop what servers say at first, until they are silent."""
        until = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < until:
            for fd, _ in poll.poll(0.1):
                sockets[fd].recv(65536)
                until = time.monotonic() + SETTLE_SECONDS

    def _type(
        self, poll: select.epoll, sockets: dict[int, socket.socket], typists: list[socket.socket]
    ) -> list[float]:
        """Return how many seconds each key took until its typist saw it."""
        lags: list[float] = []
        sent: dict[int, float] = {}
        step = 1 / RATE / len(typists)
        now = start = due = time.perf_counter()
        turn = 0
        while now < start + TYPING_SECONDS:
            while due <= now:
                one = typists[turn % len(typists)]
                # A key that is still under way is waited for: its lag counts in full.
                if one.fileno() not in sent:
                    sent[one.fileno()] = time.perf_counter()
                    one.send(KEY)
                turn += 1
                due += step
            for fd, _ in poll.poll(max(0.0, due - now)):
                data = sockets[fd].recv(4096)
                if not data:
                    raise EOFError("a console hung up")
                if KEY in data and fd in sent:
                    lags.append(time.perf_counter() - sent.pop(fd))
            now = time.perf_counter()
        return lags


class Watchers(Contender):
    """Read ``job.size`` bytes each; where there are several, the last one stops reading at once.

    They never sleep: the kernel hands on what a terminal sends in a worker of its own, and if the worker's
    core has gone idle meanwhile, waking it takes longer than all the rest, by luck for one or the other.
    """

    @override
    def crowd(self, job: Job) -> Result:
        facts = facts_of(job)
        (port,) = facts["ports"]
        members = [join(job, port) for _ in range(facts["clients"])]
        readers = members[:-1] or members
        poll = select.epoll()
        left = {one.fileno(): job.size for one in readers}
        for one in readers:
            one.setblocking(False)
            poll.register(one.fileno(), select.EPOLLIN)
        view = job.buffer
        sockets = {one.fileno(): one for one in readers}
        # The first bytes are the past, and the server may have been starting.
        poll.poll()
        before = proc.anonymous_kib(job.watch)
        cpu, start = proc.cpu_ns(job.watch), time.perf_counter()
        peak = before
        while left:
            for fd, _ in poll.poll(0):
                count = sockets[fd].recv_into(view)
                if not count or bytes(view[:count]).strip(b"\0"):
                    raise EOFError("a client that reads lost bytes")
                left[fd] -= count
                if left[fd] <= 0:
                    del left[fd]
                    poll.unregister(fd)
                    sockets[fd].close()
                    peak = max(peak, proc.anonymous_kib(job.watch))
        seconds = time.perf_counter() - start
        return Result(
            count=job.size,
            seconds=seconds,
            cpu_ns=proc.cpu_ns(job.watch) - cpu,
            memory_kib=peak - before,
        )
