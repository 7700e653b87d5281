"""Twisted's protocols, whose transports gather what is written in one turn of the reactor."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from twisted.internet import reactor
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.tls import TLSMemoryBIOFactory
from typing_extensions import override
from zope.interface import implementer

from benchmarks import pki
from benchmarks.contenders.base import Contender
from benchmarks.contenders.pyopenssl import context

if TYPE_CHECKING:
    from typing import Any

    from OpenSSL import SSL

    from benchmarks.job import Job


class Sink(Protocol):
    """Count what comes."""

    def __init__(self, job: Job) -> None:
        self.add = job.clock.add

    @override
    def dataReceived(self, data: bytes) -> None:
        self.add(len(data))

    @override
    def connectionLost(self, reason: Any = None) -> None:
        stop_reactor()


@implementer(IPushProducer)
class Pour(Protocol):
    """Write until the transport says pause, as its streaming producer."""

    def __init__(self, job: Job) -> None:
        self.message = job.message
        self.laps = job.clock.laps()
        self.paused = False

    @override
    def connectionMade(self) -> None:
        transport: Any = self.transport
        transport.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Write until told to pause."""
        transport: Any = self.transport
        self.paused = False
        write, message = transport.write, self.message
        for _ in self.laps:
            write(message)
            if self.paused:
                return
        transport.unregisterProducer()
        transport.loseConnection()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The transport is full."""
        self.paused = True

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The connection is gone."""
        self.paused = True

    @override
    def connectionLost(self, reason: Any = None) -> None:
        stop_reactor()


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
            factory = TLSMemoryBIOFactory(Credentials(job), not job.server, factory)
        sock.setblocking(False)
        running: Any = reactor
        running.adoptStreamConnection(sock.fileno(), socket.AF_INET, factory)
        sock.close()
        running.run()


def stop_reactor() -> None:
    """End the one connection's reactor."""
    running: Any = reactor
    running.stop()
