"""What a contender is: a class with the roles of the rows that it joins.

The harness makes the connection (a plain stdlib socket, without Nagle's wait) and the contender
opens its own stream on it, so that every contender is measured on the same socket. The roles of a
pair are ``echo`` and ``ping``, ``sink`` and ``pour``; ``fan`` serves many connections, ``crowd`` is
their client, ``relay`` carries bytes between two sockets.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from typing_extensions import override

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine
    from typing import Any

    from benchmarks.job import Job, Result

S = TypeVar("S")


class Contender:
    """A library in one way of use.

    Attributes:
        listens: whether it accepts by itself: then ``perform`` gets the listening socket.
    """

    listens = False

    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        """Play ``role`` of a pair over the connected ``sock``, which is the contender's from now on."""
        raise NotImplementedError

    def fan(self, listener: socket.socket, job: Job) -> None:
        """Echo to every connection of ``listener`` until the process is ended from outside."""
        raise NotImplementedError

    def crowd(self, job: Job) -> Result:
        """Keep ``job.connections`` connections busy with requests and measure them."""
        raise NotImplementedError

    def relay(self, job: Job) -> None:
        """Announce an address, then carry one connection between it and ``job.address``.

        This may replace the process by another program.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class End:
    """The bound methods of a blocking stream, called without anything between."""

    recv_into: Callable[[memoryview], int]
    send_all: Callable[[bytes | memoryview], object]
    close: Callable[[], object]
    send_vector: Callable[[list[memoryview]], object] | None = None


class Blocking(Contender):
    """A contender that waits in its calls: it gives :meth:`open` and may replace any role."""

    def open(self, sock: socket.socket, job: Job) -> End:
        """Open the library's stream on ``sock``; handshakes are done when it returns."""
        raise NotImplementedError

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        end = self.open(sock, job)
        try:
            getattr(self, role)(end, job)
        finally:
            end.close()

    def echo(self, end: End, job: Job) -> None:
        """Send back what comes until the end of the stream."""
        recv_into, send_all, view = end.recv_into, end.send_all, job.buffer
        while count := recv_into(view):
            send_all(view[:count])

    def ping(self, end: End, job: Job) -> None:
        """Send a message and wait for all of its answer, again and again."""
        recv_into, send_all, size, message = end.recv_into, end.send_all, job.size, job.message
        view = memoryview(bytearray(size))
        for _ in job.clock.laps():
            send_all(message)
            got = recv_into(view)
            while got < size:
                got += receive_more(recv_into, view[got:])

    def sink(self, end: End, job: Job) -> None:
        """Count what comes until the end of the stream."""
        recv_into, add, view = end.recv_into, job.clock.add, job.buffer
        while count := recv_into(view):
            add(count)

    def pour(self, end: End, job: Job) -> None:
        """Send messages until the time is over, in ``job.pieces`` buffers each."""
        if end.send_vector is not None and job.pieces > 1:
            send_vector, views = end.send_vector, [memoryview(bytes(job.size // job.pieces))] * job.pieces
            for _ in job.clock.laps():
                send_vector(views)
            return
        send_all, message = end.send_all, job.message
        for _ in job.clock.laps():
            send_all(message)


def receive_more(recv_into: Callable[[memoryview], int], view: memoryview) -> int:
    """Receive a further part of a message; the end of the stream is an error here."""
    count = recv_into(view)
    if not count:
        raise EOFError("the peer closed in the middle of a message")
    return count


class Awaited(Contender, Generic[S]):
    """A contender whose calls are awaited: it gives ``open``, ``close`` and the roles it joins.

    Roles are written out for each library, in the way its users write them; a role that a library
    does not write is one whose rows it does not join.
    """

    def drive(self, main: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        """Run ``main(*args)`` on the library's loop."""
        asyncio.run(main(*args))

    async def open(self, sock: socket.socket, job: Job) -> S:
        """Open the library's stream on ``sock``; handshakes are done when it returns."""
        raise NotImplementedError

    async def close(self, stream: S) -> None:
        """Close; what was sent is still delivered."""
        raise NotImplementedError

    async def serve(self, listener: socket.socket, job: Job) -> None:
        """The ``fan`` role as a coroutine."""
        raise NotImplementedError

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        self.drive(self._perform, role, sock, job)

    @override
    def fan(self, listener: socket.socket, job: Job) -> None:
        self.drive(self.serve, listener, job)

    async def _perform(self, role: str, sock: socket.socket, job: Job) -> None:
        stream = await self.open(sock, job)
        try:
            await getattr(self, role)(stream, job)
        finally:
            await self.close(stream)
