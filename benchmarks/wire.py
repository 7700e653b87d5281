"""The sockets under every contender: loopback TCP without Nagle's wait, or a unix socket."""

from __future__ import annotations

import json
import os
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.job import Address, Job

HOST = "127.0.0.1"
BACKLOG = 1024
CONNECT_DEADLINE = 5.0
CONNECT_PAUSE = 0.005


def announce(address: Address) -> None:
    """Tell the harness where this process listens."""
    print(json.dumps({"ready": address}), flush=True)


def listen(job: Job) -> socket.socket:
    """A listening socket, announced."""
    if job.unix:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(job.path / f"{os.getpid()}.sock"))
    else:
        listener = socket.socket()
        listener.bind((HOST, 0))
    listener.listen(BACKLOG)
    announce(listener.getsockname())
    return listener


def accept(job: Job) -> socket.socket:
    """The one connection that a server of a pair gets."""
    with listen(job) as listener:
        sock, _ = listener.accept()
    return _without_delay(sock, job)


def connect(job: Job) -> socket.socket:
    """Connect to the process before; a foreign relay may need a moment until it listens."""
    family = socket.AF_UNIX if job.unix else socket.AF_INET
    deadline = time.monotonic() + CONNECT_DEADLINE
    while True:
        sock = socket.socket(family)
        try:
            assert job.address is not None
            sock.connect(job.address)
            return _without_delay(sock, job)
        except ConnectionRefusedError:
            sock.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(CONNECT_PAUSE)


def free_port() -> int:
    """A port that was free just now, for programs that cannot announce the one they got."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _without_delay(sock: socket.socket, job: Job) -> socket.socket:
    if not job.unix:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
