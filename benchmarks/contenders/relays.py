"""Relays from TCP, TLS or a WebSocket to TCP: one of asyncio's callbacks, and well-known programs."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from benchmarks import pki, wire
from benchmarks.contenders.base import Contender

if TYPE_CHECKING:
    from benchmarks.job import Job

BUFFER = 256 * 1024

STUNNEL = """\
foreground = yes
debug = err
pid =
[relay]
accept = {listen}
connect = {target}
cert = {directory}/server-cert.pem
key = {directory}/server-key.pem
sslVersion = TLSv1.3
ciphersuites = {suite}
"""


def target(job: Job) -> tuple[str, int]:
    """Where the relay connects to."""
    assert isinstance(job.address, tuple)
    return job.address


def become(program: str, *arguments: str) -> None:
    """Replace this process, which stays on its core, by ``program``."""
    path = shutil.which(program)
    assert path is not None
    os.execv(path, [program, *arguments])


class Leg(asyncio.BufferedProtocol):
    """One side of the relay: what comes is written to the other side, which may say pause."""

    transport: asyncio.Transport
    other: Leg

    def __init__(self) -> None:
        self.view = memoryview(bytearray(BUFFER))
        self.lost = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    @override
    def get_buffer(self, sizehint: int) -> memoryview:
        return self.view

    @override
    def buffer_updated(self, nbytes: int) -> None:
        to = self.other.transport
        to.write(self.view[:nbytes])
        if to.get_write_buffer_size():  # it may keep the view until all is sent
            self.view = memoryview(bytearray(BUFFER))

    @override
    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    @override
    def resume_writing(self) -> None:
        self.other.transport.resume_reading()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.other.transport.close()
        self.lost.set_result(None)


class AsyncioRelay(Contender):
    """BufferedProtocols of asyncio on both sides."""

    @override
    def relay(self, job: Job) -> None:
        asyncio.run(self._relay(job))

    async def _relay(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        host, port = target(job)
        _, far = await loop.create_connection(Leg, host, port)
        near = Leg()
        near.other, far.other = far, near
        sock = await asyncio.to_thread(wire.accept, job)
        await loop.connect_accepted_socket(lambda: near, sock, ssl=pki.context_or_none(job))
        await asyncio.gather(near.lost, far.lost)


class Socat(Contender):
    """``socat`` with its own buffer size."""

    @override
    def relay(self, job: Job) -> None:
        host, port = target(job)
        own = wire.free_port()
        listen = f"TCP-LISTEN:{own},bind={wire.HOST},reuseaddr,nodelay"
        if job.tls:
            listen = (
                f"OPENSSL-LISTEN:{own},bind={wire.HOST},reuseaddr,nodelay,verify=0,"
                f"cert={job.path}/server-cert.pem,key={job.path}/server-key.pem,"
                f"openssl-min-proto-version=TLS1.3"
            )
        wire.announce((wire.HOST, own))
        become("socat", listen, f"TCP:{host}:{port},nodelay")


class Stunnel(Contender):
    """``stunnel`` as a TLS server in front of TCP."""

    @override
    def relay(self, job: Job) -> None:
        host, port = target(job)
        own = wire.free_port()
        settings = job.path / f"stunnel-{own}.conf"
        settings.write_text(
            STUNNEL.format(
                listen=f"{wire.HOST}:{own}", target=f"{host}:{port}", directory=job.path, suite=pki.SUITE
            )
        )
        wire.announce((wire.HOST, own))
        become("stunnel4", str(settings))


class Websockify(Contender):
    """``websockify`` from a WebSocket to TCP."""

    @override
    def relay(self, job: Job) -> None:
        host, port = target(job)
        own = wire.free_port()
        wire.announce((wire.HOST, own))
        # Once: else it forks, and its own CPU time says nothing.
        become("websockify", "--run-once", f"{wire.HOST}:{own}", f"{host}:{port}")
