"""Descriptors over a unix socket with the standard library's own calls."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks.contenders.base import Contender

if TYPE_CHECKING:
    from benchmarks.job import Job


class SendFds(Contender):
    """``socket.send_fds`` and ``socket.recv_fds``: one descriptor a message, each answered by a byte."""

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        with sock:
            if role == "take":
                self._take(sock)
            else:
                self._give(sock, job)

    def _take(self, sock: socket.socket) -> None:
        while True:
            data, descriptors, _, _ = socket.recv_fds(sock, 1, 1)
            if not data:
                return
            os.close(descriptors[0])
            sock.send(b"\0")

    def _give(self, sock: socket.socket, job: Job) -> None:
        descriptors = [sock.fileno()]
        for _ in job.clock.laps():
            socket.send_fds(sock, [b"\0"], descriptors)
            sock.recv(1)
