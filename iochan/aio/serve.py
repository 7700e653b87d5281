"""A server of channels: accepts, shakes hands, runs a handler for each connection, and drains at the end."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from iochan.aio.channel import AsyncChannel
from iochan.aio.crew import Crew, open_crew
from iochan.aio.driver import arun
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import HANDSHAKE_SECONDS, Channel
from iochan.core.errors import ChannelClosedError, ChannelError, IochanError, ServedInstead
from iochan.core.listener import Listener
from iochan.core.op import Op, within
from iochan.core.upgrade import Upgrade, closing_on_error

__all__ = ["Handler", "Limits", "Server", "serve"]

Handler = Callable[[AsyncChannel], Awaitable[None]]
"""What serves one connection. When it returns the channel is closed in order, when it raises at once."""

_BACK_OFF_SECONDS = 0.1

_log = logging.getLogger("iochan.serve")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server allows; a connection past a cap is closed as soon as it is accepted.

    Attributes:
        connections: At most so many connections at a time.
        handshakes: At most so many of them that have not finished their handshake.
        per_peer: At most so many of one peer; None for no cap.
        handshake_seconds: How long a handshake may take.
        grace_seconds: How long `Server.stop` waits for handlers before it cancels them.
    """

    connections: int = 1000
    handshakes: int = 100
    per_peer: int | None = None
    handshake_seconds: float = HANDSHAKE_SECONDS
    grace_seconds: float = 10.0


class Server:
    """A running server; `serve` makes one.

    Attributes:
        listener: What it accepts from.
        accepted: How many connections came, refused ones included.
        shaking: How many of these are in their handshake.
        refused: How many were closed at once because of a cap.
        failed: How many ended with an error, in the handshake or in the handler.
    """

    def __init__(self, crew: Crew, listener: Listener, handler: Handler, limits: Limits) -> None:
        self.listener = listener
        self.accepted = self.shaking = self.refused = self.failed = 0
        self.upgrade: Upgrade | None = None
        self.peer_of: Callable[[Channel], Hashable] | None = None
        self._crew = crew
        self._open: set[Channel] = set()
        self._handler = handler
        self._limits = limits
        self._peers: Counter[Hashable] = Counter()
        self._stop_accepting: Callable[[], object] | None = None

    @property
    def active(self) -> int:
        """How many connections there are now."""
        return len(self._open)

    def start(self) -> None:
        """Begin to accept."""
        self._stop_accepting = self._crew.start(self._accept_all)

    async def stop(self) -> None:
        """Stop accepting, wait for the handlers, cancel those that outlive the grace time.

        Not for a handler to call, since it would wait for itself. A second call waits as well.
        """
        if self._stop_accepting is not None:
            self._stop_accepting()
        self.listener.close()
        if not await self._crew.settle(self._limits.grace_seconds):
            _log.warning(
                "%d connections still open after %g s of grace: cancelled",
                self.active,
                self._limits.grace_seconds,
            )
            self._crew.cancel()
            await self._crew.settle(None)

    def abort(self) -> None:
        """Close the listener and every connection at once, without waiting for the handlers."""
        self.listener.close()
        # Also those whose job was cancelled before it had begun.
        while self._open:
            self._open.pop().abort()

    async def _accept_all(self) -> None:
        while True:
            try:
                channel = await arun(self.listener.accept_op())
            except ChannelClosedError:
                return
            except OSError as error:
                # Out of descriptors or memory: the connection stays in the kernel's queue.
                _log.warning("accepting failed: %s; trying again in %g s", error, _BACK_OFF_SECONDS)
                await arun(_sleep_op(_BACK_OFF_SECONDS))
                continue
            self._admit(channel)
            # The others' turn, however many connections wait in the queue.
            await arun(_sleep_op(0.0))

    def _admit(self, channel: Channel) -> None:
        self.accepted += 1
        peer = None if self.peer_of is None else self.peer_of(channel)
        reason = self._reason_to_refuse(peer)
        if reason is not None:
            self.refused += 1
            _log.warning("%s refused: %s", channel, reason)
            channel.abort()
            return
        self._open.add(channel)
        self.shaking += 1
        self._peers[peer] += 1

        async def job() -> None:
            try:
                await self._serve_one(channel)
            finally:
                self._open.discard(channel)
                channel.abort()
                self._peers[peer] -= 1
                if not self._peers[peer]:
                    del self._peers[peer]

        self._crew.start(job)

    def _reason_to_refuse(self, peer: Hashable) -> str | None:
        limits = self._limits
        if self.active >= limits.connections:
            return f"{limits.connections} connections are open, the most allowed"
        if self.shaking >= limits.handshakes:
            return f"{limits.handshakes} connections are in their handshake, the most allowed"
        if limits.per_peer is not None and peer is not None and self._peers[peer] >= limits.per_peer:
            return f"{peer} has {limits.per_peer} connections, the most allowed for one peer"
        return None

    async def _serve_one(self, channel: Channel) -> None:
        try:
            try:
                channel = await arun(self._establish_op(channel))
            finally:
                self.shaking -= 1
        except ServedInstead as error:
            _log.info("%s: %s", channel, error)
            return
        except (IochanError, OSError) as error:
            self.failed += 1
            _log.warning("%s: no connection: %s", channel, error)
            return
        try:
            async with AsyncChannel(channel) as view:
                await self._handler(view)
        except ChannelError as error:
            self.failed += 1
            _log.warning("%s: %s", channel, error)
        except Exception:  # noqa: BLE001 - one connection's end, not the server's
            self.failed += 1
            _log.exception("%s: the handler failed", channel)

    def _establish_op(self, channel: Channel) -> Op[Channel]:
        seconds = self._limits.handshake_seconds
        return within(
            closing_on_error(channel, self._shake_hands_op(channel)), seconds, f"the handshake of {channel}"
        )

    def _shake_hands_op(self, channel: Channel) -> Op[Channel]:
        if self.upgrade is not None:
            channel = yield from self.upgrade(channel)
        yield from channel.handshake_op(None)
        return channel


@asynccontextmanager
async def serve(
    listener: Listener,
    handler: Handler,
    *,
    limits: Limits | None = None,
    upgrade: Upgrade | None = None,
    peer_of: Callable[[Channel], Hashable] | None = None,
) -> AsyncIterator[Server]:
    """Serve *listener*'s connections while the ``async with`` block runs; on asyncio or trio.

    Leaving the block drains as `Server.stop` does; leaving it with an error cancels at once. An error
    of one connection is logged (logger ``iochan.serve``) and ends that connection only.

    Args:
        listener: Where connections come from; owned from now on.
        handler: Serves one connection, once its handshake is done.
        limits: The caps; None for the defaults.
        upgrade: Protects each connection before the handler sees it (TLS, say); its handshake is
            within the deadline.
        peer_of: Tells whom a connection counts for under `Limits.per_peer`; None for nobody.
    """
    async with open_crew() as crew:
        server = Server(crew, listener, handler, limits or Limits())
        server.upgrade = upgrade
        server.peer_of = peer_of
        try:
            server.start()
            yield server
            await server.stop()
        finally:
            server.abort()


def _sleep_op(seconds: float) -> Op[None]:
    yield Blocked((), clock.now() + seconds)
