"""Who may write: one at a time, by asking, taking and giving up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Pen"]

T = TypeVar("T")


class Pen(Generic[T]):
    """The right to write, which one of those who ask for it holds.

    Who gives it up gives it to the first of those who asked and still wait.

    Args:
        shared: Everybody may write at the same time; nobody holds it then.
        changed: Told who holds it now, whenever somebody else does; None for nobody.

    Attributes:
        holder: Who may write; None while nobody does.
    """

    def __init__(self, *, shared: bool = False, changed: Callable[[T], object] | None = None) -> None:
        self.shared = shared
        self._changed = changed
        self.holder: T | None = None
        self._asking: list[T] = []

    @property
    def asking(self) -> tuple[T, ...]:
        """Those who wait for it, the first to get it first."""
        return tuple(self._asking)

    def may_write(self, who: T) -> bool:
        """Tell whether *who* may write now."""
        return self.shared or self.holder is who

    def take(self, who: T) -> bool:
        """Give it to *who* if nobody holds it; tell whether *who* has it now."""
        if self.holder is None and not self.shared:
            self._give(who)
        return self.may_write(who)

    def ask(self, who: T) -> bool:
        """As `take`, and let *who* wait for it if somebody else holds it."""
        if self.take(who):
            return True
        if who not in self._asking:
            self._asking.append(who)
        return False

    def force(self, who: T) -> T | None:
        """Give it to *who* whoever holds it; return from whom it was taken."""
        before = self.holder
        if self.shared or before is who:
            return None
        self._give(who)
        return before

    def leave(self, who: T) -> T | None:
        """Let *who* hold it and wait for it no more; return who holds it because of that."""
        self._forget(who)
        if self.holder is not who:
            return None
        self.holder = None
        if self._asking:
            self._give(self._asking[0])
        return self.holder

    def _give(self, who: T) -> None:
        self.holder = who
        self._forget(who)
        if self._changed is not None:
            self._changed(who)

    def _forget(self, who: T) -> None:
        if who in self._asking:
            self._asking.remove(who)
