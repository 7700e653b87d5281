"""The light client of the fan-out rows, the same for every server: epoll and no framework.

Each connection has one request out at a time. Under TLS it is ``ssl.SSLObject`` between memory
BIOs. Its process has a core to itself.
"""

from __future__ import annotations

import select
import ssl
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks import pki, proc, wire
from benchmarks.contenders.base import Contender
from benchmarks.job import Result

if TYPE_CHECKING:
    import socket

    from benchmarks.job import Job


class Member:
    """One connection of the crowd."""

    __slots__ = ("got", "job", "sock")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.sock: socket.socket = wire.connect(job)
        self.got = 0

    def ask(self, request: bytes) -> None:
        """Send one request; it always fits the empty socket."""
        self.sock.send(request)

    def receive(self, view: memoryview) -> int:
        """How many bytes of the answer came; 0 means the server hung up."""
        return self.sock.recv_into(view)


class TlsMember(Member):
    """The same under TLS."""

    __slots__ = ("incoming", "outgoing", "tls")

    def __init__(self, job: Job, context: ssl.SSLContext, view: memoryview) -> None:
        """Connect and shake hands; ``view`` is room to receive."""
        super().__init__(job)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=pki.HOSTNAME)
        done = False
        while not done:
            try:
                self.tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outgoing.read())
                self.incoming.write(view[: self.sock.recv_into(view)])
        self.sock.sendall(self.outgoing.read())
        pki.check_suite(self.tls.cipher())

    @override
    def ask(self, request: bytes) -> None:
        self.tls.write(request)
        self.sock.send(self.outgoing.read())

    @override
    def receive(self, view: memoryview) -> int:
        count = self.sock.recv_into(view)
        self.incoming.write(view[:count])
        got = 0
        try:
            while part := len(self.tls.read(self.job.size)):
                got += part
        except ssl.SSLWantReadError:
            pass
        return got


class Crowd(Contender):
    """Many connections that each wait for their answer and ask again."""

    @override
    def crowd(self, job: Job) -> Result:
        view = job.buffer
        before = proc.anonymous_kib(job.watch)
        members = self._connect(job, view)
        poll = select.epoll()
        for fd, member in members.items():
            poll.register(fd, select.EPOLLIN)
            member.sock.setblocking(False)
            member.ask(job.message)
        self._keep_asking(poll, members, job, view)
        after = proc.anonymous_kib(job.watch)
        clock = job.clock
        return Result(
            count=clock.count, seconds=clock.seconds, cpu_ns=clock.cpu_ns, memory_kib=after - before
        )

    def _connect(self, job: Job, view: memoryview) -> dict[int, Member]:
        context = pki.context_or_none(job)
        made = (
            Member(job) if context is None else TlsMember(job, context, view) for _ in range(job.connections)
        )
        return {member.sock.fileno(): member for member in made}

    def _keep_asking(
        self, poll: select.epoll, members: dict[int, Member], job: Job, view: memoryview
    ) -> None:
        laps, size, request = job.clock.laps(), job.size, job.message
        while True:
            for fd, _ in poll.poll():
                member = members[fd]
                member.got += member.receive(view)
                if member.got < size:
                    continue
                member.got = 0
                if next(laps, self) is self:
                    return
                member.ask(request)
