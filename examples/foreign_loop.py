"""A channel in somebody else's main loop, of GLib's shape: sources that are prepared, checked, dispatched.

`MainLoop` stands for the foreign loop and knows nothing of channels; `ChannelSource` is all that it
takes to drive a channel there, whatever layers it has.
"""

from __future__ import annotations

import math
import select
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable

from typing_extensions import override

from iochan.channels.socket import SocketChannel
from iochan.core import clock
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.op import poll_mask
from iochan.core.watch import Watch


class Source(ABC):
    """What a foreign loop asks of an event source."""

    @abstractmethod
    def prepare(self) -> tuple[bool, float | None]:
        """Return whether it can be dispatched without polling, and else how many seconds to poll at most."""

    @abstractmethod
    def polls(self) -> list[tuple[int, int]]:
        """Return the descriptors to poll, with their events."""

    @abstractmethod
    def check(self, events: dict[int, int]) -> bool:
        """Tell whether *events*, by descriptor, are a reason to dispatch it."""

    @abstractmethod
    def dispatch(self) -> bool:
        """Do the work; False removes the source."""


class MainLoop:
    """The foreign loop: runs until no source is left."""

    def __init__(self) -> None:
        self.sources: list[Source] = []

    def run(self) -> None:
        """Prepare, poll, check and dispatch, again and again."""
        while self.sources:
            self._turn()

    def _turn(self) -> None:
        prepared = [(source, *source.prepare()) for source in self.sources]
        poll = select.poll()
        masks: dict[int, int] = {}
        for source, ready, _ in prepared:
            for fd, mask in () if ready else source.polls():
                masks[fd] = masks.get(fd, 0) | mask
        for fd, mask in masks.items():
            poll.register(fd, mask)
        times = [seconds for _, ready, left in prepared if (seconds := 0.0 if ready else left) is not None]
        # Rounded up: waking a millisecond early would only mean one more turn.
        events = dict(poll.poll(math.ceil(min(times) * 1000) if times else None))
        for source, ready, _ in prepared:
            if (ready or source.check(events)) and not source.dispatch():
                self.sources.remove(source)


class ChannelSource(Source):
    """A `Watch` in the foreign loop's words."""

    def __init__(
        self, channel: Channel, interest: Condition, callback: Callable[[Channel, Condition], bool]
    ) -> None:
        self.watch = Watch(channel, interest)
        self.callback = callback

    @override
    def prepare(self) -> tuple[bool, float | None]:
        """Ask the channel again: what it waits for changes with every read and write."""
        self.watch.refresh()
        deadline = self.watch.deadline
        seconds = None if deadline is None else max(0.0, deadline - clock.now())
        return bool(self.watch.ready_now), seconds

    @override
    def polls(self) -> list[tuple[int, int]]:
        """Name every descriptor: a stack may wait on more than one."""
        return [(pollable.fileno(), poll_mask(condition)) for pollable, condition in self.watch.waits]

    @override
    def check(self, events: dict[int, int]) -> bool:
        """Look for any event at all; a hang-up wakes as well. Too early does no harm."""
        deadline = self.watch.deadline
        late = deadline is not None and clock.now() >= deadline
        return late or any(pollable.fileno() in events for pollable, _ in self.watch.waits)

    @override
    def dispatch(self) -> bool:
        """Call back."""
        return self.callback(self.watch.channel, self.watch.interest) and not self.watch.channel.closed


def main() -> list[str]:
    """Send some lines from one end of a socket pair to the other, both in the foreign loop."""
    near, far = map(SocketChannel, socket.socketpair())
    lines = ["one", "two", "three"]
    waiting = list(lines)
    received = bytearray()

    def send(channel: Channel, _: Condition) -> bool:
        channel.write_all(waiting.pop(0).encode() + b"\n")
        if not waiting:
            channel.close()
        return bool(waiting)

    def receive(channel: Channel, _: Condition) -> bool:
        data = channel.read()
        received.extend(data)
        return bool(data)

    near.blocking = far.blocking = False
    loop = MainLoop()
    loop.sources += [ChannelSource(near, Condition.OUT, send), ChannelSource(far, Condition.IN, receive)]
    loop.run()
    far.close()
    return received.decode().splitlines()


if __name__ == "__main__":
    print(*main(), sep="\n")
