"""The least event loop that Python can have: epoll, non-blocking sockets, no callbacks."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks.contenders.base import Blocking, End

if TYPE_CHECKING:
    import socket

    from benchmarks.job import Job


class Epoll(Blocking):
    """Wait for input in epoll, receive, send: messages of a ping-pong always fit the socket."""

    @override
    def open(self, sock: socket.socket, job: Job) -> End:
        sock.setblocking(False)
        poll = select.epoll()
        poll.register(sock, select.EPOLLIN)
        wait, receive = poll.poll, sock.recv_into

        def recv_into(view: memoryview) -> int:
            wait()
            return receive(view)

        def close() -> None:
            poll.close()
            sock.close()

        return End(recv_into, sock.sendall, close)
