"""Joins each client of a listener with a channel of its own, on one loop, until it is stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import IochanError, ServedInstead
from iochan.core.listener import Listener
from iochan.core.op import Op, within
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.relay.connection import Connection
from iochan.relay.pump import Traffic

__all__ = ["Relay", "RelayLimits"]

_log = logging.getLogger("iochan.relay")
_ACCEPT_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """What a relay allows.

    Attributes:
        connections: How many clients at the same time; more wait in the kernel's queue.
        handshake: Seconds for a client's handshakes.
        connect: Seconds for the connection to the target, its handshakes included.
        once: Serve one client, then stop.
    """

    connections: int = 1000
    handshake: float = 10.0
    connect: float = 30.0
    once: bool = False


class Relay:
    """A service on a `PollLoop`.

    Args:
        loop: The loop that carries all connections.
        listener: Where clients come from; closed when the relay has stopped.
        dial: Returns the operation that opens the other side for a client, whose own handshakes are done. It
            returns both channels; the client's may be another one by then.
        wrap: Puts what should be between (record, throttle) on a client's channel.
        limits: What is allowed.

    Attributes:
        forward: Bytes from clients to targets.
        backward: Bytes from targets to clients.
        accepted: How many clients came.
        active: How many are served now.
        failed: How many ended with an error, refused ones included.
        last_error: The latest of those errors.
        on_done: Called when it accepts nobody any more and nobody is served; None for nobody.
    """

    def __init__(
        self,
        loop: PollLoop,
        listener: Listener,
        dial: Callable[[Channel], Op[tuple[Channel, Channel]]],
        *,
        wrap: Callable[[Channel], Channel] | None = None,
        limits: RelayLimits | None = None,
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._dial = dial
        self._wrap = wrap
        self._limits = limits or RelayLimits()
        self._connections: set[Connection] = set()
        self._stopping = False
        self.forward = Traffic()
        self.backward = Traffic()
        self.accepted = self.active = self.failed = 0
        self.last_error: BaseException | None = None
        self.on_done: Callable[[], object] | None = None
        self._acceptor = Task(loop, self._accept_op(), lambda _: self._look_done())

    @property
    def done(self) -> bool:
        """Whether it accepts nobody any more, and nobody is served."""
        return self._stopping and not self._connections

    def stop(self) -> None:
        """Accept nobody any more; clients that are served go on until they end."""
        if not self._stopping:
            self._stopping = True
            self._acceptor.cancel()
            self._listener.close()

    def abort(self) -> None:
        """Stop, and end all connections now."""
        self.stop()
        for connection in tuple(self._connections):
            connection.abort()

    def _accept_op(self) -> Op[None]:
        while not self._stopping:
            try:
                channel = yield from self._listener.accept_op()
            except OSError as error:
                # Out of descriptors or memory: clients wait in the kernel's queue meanwhile.
                _log.warning("cannot accept now: %s; trying again", error)
                yield Blocked(deadline=clock.now() + _ACCEPT_PAUSE)
                continue
            self.accepted += 1
            self.active += 1
            self._start(channel)
            if self._limits.once:
                self._stopping = True
                self._listener.close()
            elif self.active >= self._limits.connections:
                self._listener.pause()

    def _start(self, channel: Channel) -> None:
        try:
            client = channel if self._wrap is None else self._wrap(channel)
        except (IochanError, OSError) as error:
            # A record that cannot be made, say: this client is not served, others may be.
            channel.abort()
            self._note_end(error)
            return
        dial = within(self._dial_op(client), self._limits.connect, "connecting to the target")
        traffic = (Traffic(self.forward.add), Traffic(self.backward.add))
        connection = Connection(self._loop, client, dial, self._limits.handshake, traffic, self._ended)
        self._connections.add(connection)

    def _dial_op(self, client: Channel) -> Op[tuple[Channel, Channel]]:
        return (yield from self._dial(client))

    def _ended(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._note_end(connection.error)

    def _note_end(self, error: BaseException | None) -> None:
        self.active -= 1
        if isinstance(error, ServedInstead):
            _log.info("%s", error)
        elif error is not None:
            self.failed += 1
            self.last_error = error
            _log.warning("a connection ended: %s", error)
        if not self._stopping:
            self._listener.resume()
        self._look_done()

    def _look_done(self) -> None:
        if self.done and self.on_done is not None:
            self.on_done()
