"""The least event loop that Python can have: epoll, a non-blocking socket, no callbacks."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks.contenders.base import Contender

if TYPE_CHECKING:
    import socket

    from benchmarks.job import Job


class Epoll(Contender):
    """Wait for input in epoll, receive, send: the messages of a ping-pong always fit the socket."""

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        sock.setblocking(False)
        with sock, select.epoll() as poll:
            poll.register(sock, select.EPOLLIN)
            if role == "echo":
                self._echo(sock, poll, job)
            else:
                self._ping(sock, poll, job)

    def _echo(self, sock: socket.socket, poll: select.epoll, job: Job) -> None:
        wait, receive, send, view = poll.poll, sock.recv_into, sock.send, job.buffer
        while True:
            wait()
            count = receive(view)
            if not count:
                return
            send(view[:count])

    def _ping(self, sock: socket.socket, poll: select.epoll, job: Job) -> None:
        wait, receive, send, view = poll.poll, sock.recv_into, sock.send, job.buffer
        message, size = job.message, job.size
        for _ in job.clock.laps():
            send(message)
            got = 0
            while got < size:
                wait()
                count = receive(view)
                if not count:
                    raise EOFError("the peer closed in the middle of a message")
                got += count
