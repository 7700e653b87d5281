"""Twisted's protocols, whose transports gather what is written in one turn of the reactor."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory
from typing_extensions import override

from benchmarks.contenders.base import Contender
from benchmarks.contenders.pyopenssl import context

if TYPE_CHECKING:
    from typing import Any

    from OpenSSL import SSL

    from benchmarks.job import Job


class Side:
    """What Twisted asks of a protocol, by duck typing: one connection, whose end stops the reactor."""

    transport: Any

    def makeConnection(self, transport: object) -> None:  # noqa: N802 - Twisted's name
        """The connection stands."""
        self.transport = transport

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Bytes came."""

    def connectionLost(self, _reason: object) -> None:  # noqa: N802 - Twisted's name
        """The connection ended."""
        running: Any = reactor
        running.stop()


class Sink(Side):
    """Count what comes."""

    def __init__(self, job: Job) -> None:
        self.add = job.clock.add

    @override
    def dataReceived(self, data: bytes) -> None:
        self.add(len(data))


class Pour(Side):
    """Write until the transport says pause, as its streaming producer."""

    def __init__(self, job: Job) -> None:
        self.message = job.message
        self.laps = job.clock.laps()
        self.paused = False

    @override
    def makeConnection(self, transport: object) -> None:
        super().makeConnection(transport)
        self.transport.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Write until told to pause."""
        self.paused = False
        write, message = self.transport.write, self.message
        for _ in self.laps:
            write(message)
            if self.paused:
                return
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The transport is full."""
        self.paused = True

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The connection is gone."""
        self.paused = True


class Credentials:
    """The context factory that Twisted's TLS asks for."""

    def __init__(self, job: Job) -> None:
        self.context = context(job)

    def getContext(self) -> SSL.Context:  # noqa: N802 - Twisted's name
        """The one context."""
        return self.context


class TwistedProtocol(Contender):
    """``transport.write`` of each message."""

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        kind = {"sink": Sink, "pour": Pour}[role]
        factory: Any = Factory.forProtocol(lambda: kind(job))
        if job.tls:
            credentials: Any = Credentials(job)
            factory = TLSMemoryBIOFactory(credentials, not job.server, factory)
        sock.setblocking(False)
        running: Any = reactor
        running.adoptStreamConnection(sock.fileno(), socket.AF_INET, factory)
        sock.close()
        running.run()
