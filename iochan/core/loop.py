"""What an event loop must offer so that watches and tasks run on it."""

from __future__ import annotations

from typing import Protocol

from iochan.core.blocked import Blocked

__all__ = ["Loop", "Wakeable"]


class Wakeable(Protocol):
    """Somebody who waits on a loop."""

    def wake(self) -> bool:
        """Look again: what was waited for may have come.

        Returns:
            True to wait for the very same once more, which must be one descriptor without a
            deadline; False otherwise (it may then have asked the loop for another wait already).
        """


class Loop(Protocol):
    """An event loop, seen by `Task` and `add_watch`."""

    def when(self, blocked: Blocked, waiter: Wakeable) -> None:
        """Wake *waiter* as soon as *blocked* says; once, unless ``wake`` returns True.

        Raises:
            ChannelClosedError: A descriptor of *blocked* is closed.
        """

    def soon(self, waiter: Wakeable) -> None:
        """Wake *waiter* on the next turn."""

    def forget(self, waiter: Wakeable) -> None:
        """Do not wake *waiter* any more, whatever it waits for."""
