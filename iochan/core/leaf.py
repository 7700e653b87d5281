"""The base of channels that own a descriptor."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import override

from iochan.core.blocked import Blocked, Pollable
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError, ChannelClosedError, ChannelError

__all__ = ["Leaf"]

_IN, _OUT = Condition.IN, Condition.OUT


class Leaf(Channel):
    """A channel with one descriptor, which it names in what it returns as `Blocked`.

    Attributes:
        blocked_in: What a read returns that would block: made once, kept.
        blocked_out: The same for a write.
    """

    __slots__ = ("_forgets", "blocked_in", "blocked_out")

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self.blocked_in = Blocked(((self, Condition.IN),))
        self.blocked_out = Blocked(((self, Condition.OUT),))
        self._forgets: set[Callable[[Pollable], None]] | None = None

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        # Only the kernel knows; comparing identities costs less than Flag arithmetic.
        if condition is _IN:
            return self.blocked_in
        if condition is _OUT:
            return self.blocked_out
        return Blocked(((self, condition),))

    def on_close(self, forget: Callable[[Pollable], None]) -> None:
        """Have *forget* called just before the descriptor is closed (see `Pollable`)."""
        if self._forgets is None:
            self._forgets = set()
        self._forgets.add(forget)

    def announce_close(self) -> None:
        """Tell the drivers that the descriptor goes away: `do_close` calls it first."""
        forgets, self._forgets = self._forgets, None
        for forget in forgets or ():
            forget(self)

    def failure(self, doing: str, error: OSError) -> ChannelError:
        """Return the error to raise when the kernel refused what this channel was *doing*."""
        if self.closed or self.fileno() < 0:
            return ChannelClosedError(f"{self.name} is closed: it cannot be used any more")
        reason = (error.strerror or str(error)).lower()
        return ChannelBrokenError(f"{doing} {self.name} failed: {reason}; open a new channel")
