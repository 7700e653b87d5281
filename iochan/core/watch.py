"""Watches: what an event loop needs to know of a channel, asked again after each dispatch."""

from __future__ import annotations

from collections.abc import Callable

from iochan.core.blocked import Blocked, Pollable
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.leaf import Leaf
from iochan.core.loop import Loop

__all__ = ["Watch", "WatchSource", "add_watch"]


class Watch:
    """What to poll, for one condition of *channel*, in a loop of your own.

    ::

        watch = Watch(channel, Condition.IN)
        while True:
            if not watch.ready_now:
                ...  # wait for watch.condition on watch.fileno(), in your loop
            data = channel.read()
            watch.refresh()

    Attributes:
        channel: The channel.
        interest: The condition that was asked for.
        ready_now: What holds already, without asking the kernel: bytes wait inside the stack.
            Dispatch it at once; polling would sleep on it.
        waits: If nothing is ready: the descriptors to poll and their conditions; any one will do.
            It may be another direction than *interest*: a TLS read may need to write first.
        deadline: A time of `iochan.core.clock.now` to look again at, or None.
    """

    __slots__ = ("channel", "deadline", "interest", "ready_now", "waits")

    def __init__(self, channel: Channel, interest: Condition) -> None:
        self.channel = channel
        self.interest = interest
        self.refresh()

    def refresh(self) -> None:
        """Ask the channel again: after every dispatch, since what it waits for changes."""
        answer = self.channel.ready(self.interest)
        self.ready_now = Condition.NONE
        self.waits: tuple[tuple[Pollable, Condition], ...] = ()
        self.deadline: float | None = None
        if isinstance(answer, Blocked):
            self.waits = answer.waits
            self.deadline = answer.deadline
        else:
            self.ready_now = answer

    def fileno(self) -> int:
        """Return the descriptor to poll; -1 when something is ready now, or there is only a deadline.

        Raises:
            ValueError: There is more than one: register each of `waits`.
        """
        if len(self.waits) > 1:
            message = (
                f"a watch of {self.channel} has {len(self.waits)} descriptors: register each of its waits"
            )
            raise ValueError(message)
        return self.waits[0][0].fileno() if self.waits else -1

    @property
    def condition(self) -> Condition:
        """What to poll `fileno` for."""
        return self.waits[0][1] if self.waits else Condition.NONE


class WatchSource:
    """A watch that lives on a `Loop` and calls back whenever its condition holds."""

    __slots__ = ("_callback", "_channel", "_interest", "_lasting", "_loop", "_steady", "active")

    def __init__(
        self,
        loop: Loop,
        channel: Channel,
        interest: Condition,
        callback: Callable[[Channel, Condition], bool],
    ) -> None:
        self._loop = loop
        self._channel = channel
        self._interest = interest
        self._callback = callback
        # A bare leaf says the same each time, so there is no need to ask it.
        self._steady = type(channel).ready is Leaf.ready and interest in (Condition.IN, Condition.OUT)
        self._lasting: Blocked | None = None
        self.active = True
        self._arm(channel.ready(interest))

    def wake(self) -> bool:
        """Call back, and watch again if the callback says so."""
        if not self.active:
            return False
        try:
            again = self._callback(self._channel, self._interest)
        except BaseException:
            self.remove()
            raise
        if not again or self._channel.closed:
            self.active = False
        if not self.active:
            return False
        if self._steady:
            return True
        answer = self._channel.ready(self._interest)
        if answer is self._lasting:
            return True
        self._arm(answer)
        return False

    def remove(self) -> None:
        """End the watch; a second call does nothing."""
        self.active = False
        self._loop.forget(self)

    def _arm(self, answer: Condition | Blocked) -> None:
        if isinstance(answer, Blocked):
            self._lasting = answer if answer.lasting else None
            self._loop.when(answer, self)
        else:
            self._lasting = None
            self._loop.soon(self)


def add_watch(
    loop: Loop, channel: Channel, interest: Condition, callback: Callable[[Channel, Condition], bool]
) -> WatchSource:
    """Have *loop* call ``callback(channel, interest)`` whenever *interest* holds on *channel*.

    Like ``poll(2)`` it is level-triggered, and it may call early: in non-blocking mode the read
    or write then raises `WouldBlock`. The callback returns True to be called again; when it raises,
    the watch ends and the loop's caller gets the error.

    Returns:
        The watch on the loop, to `WatchSource.remove`. It keeps the channel alive.
    """
    return WatchSource(loop, channel, interest, callback)
