"""A console in memory: a device that the test speaks for, and clients that it reads and writes as."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from iochan.channels.pair import memory_pair
from iochan.chardev.hub import Hub, HubOptions
from iochan.chardev.session import Front, Session
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task

__all__ = ["Client", "World", "drain"]


def drain(channel: Channel) -> bytes:
    """Return what can be read now."""
    got = b""
    room = bytearray(65536)
    while True:
        count = channel.try_readinto(room)
        if isinstance(count, Blocked) or not count:
            return got
        got += room[:count]


class Client:
    """A client, and all that it has read."""

    def __init__(
        self, world: World, front: Front, limit: int = 65536, wrap: Callable[[Channel], Channel] | None = None
    ) -> None:
        self.channel, near = memory_pair(limit)
        far = near if wrap is None else wrap(near)
        self.seen = b""
        before = set(world.hub.sessions)
        self.task = Task(world.loop, world.hub.serve_op(far, front))
        world.settle()
        (number,) = set(world.hub.sessions) - before or {0}
        self.session: Session | None = world.hub.sessions.get(number)
        world.clients.append(self)

    def read(self) -> bytes:
        """Return all that this client has ever got."""
        self.seen += drain(self.channel)
        return self.seen


class World:
    """A hub on a loop that turns only when the test says so."""

    def __init__(self, options: HubOptions | None = None) -> None:
        self.loop = PollLoop()
        self.device, self._far = memory_pair(1 << 20)
        self.hub = Hub(self.loop, "c0", self._dial, options=options or HubOptions(linger=0, patience=0))
        self.clients: list[Client] = []
        self.hub.start()
        self.settle()

    def _dial(self) -> Op[Channel]:
        yield from ()
        return self._far

    def settle(self) -> None:
        """Turn the loop until nothing moves."""
        for _ in range(12):
            self.loop.turn(0)

    def join(
        self,
        front: Front | None = None,
        limit: int = 65536,
        wrap: Callable[[Channel], Channel] | None = None,
    ) -> Client:
        return Client(self, front or Front(), limit, wrap)

    def say(self, data: bytes) -> None:
        """Let the device send *data*."""
        self.device.write_all(data)
        self.settle()

    def typed(self, client: Client, data: bytes) -> bytes:
        """Let *client* type *data*, and return what the device got."""
        client.channel.write_all(data)
        self.settle()
        return drain(self.device)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hub.close()
        self.settle()
        self.device.abort()
        for client in self.clients:
            client.channel.abort()
            client.task.cancel()
