"""The value that says «not now», and what to wait for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from iochan.core.condition import Condition

__all__ = ["Blocked", "Pollable"]


class Pollable(Protocol):
    """Something with a descriptor that the kernel can watch; a leaf channel is one."""

    def fileno(self) -> int:
        """Return the descriptor to poll, or -1 once closed."""

    def on_close(self, forget: Callable[[Pollable], None]) -> None:
        """Have *forget* called with this object just before the descriptor is closed.

        Drivers that keep a descriptor registered with an event loop need it: a number that
        is closed while registered comes back as somebody else's.
        """


@dataclass(frozen=True, slots=True)
class Blocked:
    """What must happen before it makes sense to try again.

    A leaf makes one, naming itself; layers hand it up as it is; only a driver acts on it.
    Trying again earlier is harmless.

    Attributes:
        waits: Any one of these conditions is enough. The condition is asked of the kernel, so a
            waiter for ``IN`` also wakes for a hang-up or an error.
        deadline: A time of `iochan.core.clock.now` at which to try again in any case.
    """

    waits: tuple[tuple[Pollable, Condition], ...] = ()
    deadline: float | None = None

    @property
    def lasting(self) -> bool:
        """Whether a loop may stay registered for it: it waits for one open descriptor, and for no time."""
        return self.deadline is None and len(self.waits) == 1 and self.waits[0][0].fileno() >= 0

    def __or__(self, other: Blocked | None) -> Blocked:
        """Return what wakes at whichever of the two comes first."""
        if other is None or other is self:
            return self
        return Blocked(self.waits + other.waits).by(self.deadline).by(other.deadline)

    def by(self, deadline: float | None) -> Blocked:
        """Return the same wait with *deadline*, unless an earlier one is set already."""
        if deadline is None or (self.deadline is not None and self.deadline <= deadline):
            return self
        return Blocked(self.waits, deadline)
