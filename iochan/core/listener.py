"""What accepts connections."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.op import Op, run

__all__ = ["Listener"]


class Listener(ABC):
    """Accepts channels, one after the other, from one or several addresses."""

    __slots__ = ("__weakref__",)

    @abstractmethod
    def try_accept(self) -> Channel | Blocked:
        """Return the next connection, which is the caller's, or what to wait for.

        A connection that died before it was accepted is passed over silently.

        Raises:
            ChannelClosedError: The listener is closed.
            OSError: No connection can be accepted now (out of descriptors or memory); the
                connection stays in the kernel's queue: close some, then try again.
        """

    @property
    def single(self) -> bool:
        """Whether there is one connection to accept and never another."""
        return False

    @property
    @abstractmethod
    def addresses(self) -> tuple[str, ...]:
        """The addresses that clients can connect to, as text, with the ports really bound."""

    @abstractmethod
    def pause(self) -> None:
        """Stop accepting: clients wait in the kernel's queue; `try_accept` blocks until `resume`."""

    @abstractmethod
    def resume(self) -> None:
        """Accept again."""

    @abstractmethod
    def close(self) -> None:
        """Stop listening; remove the unix paths that this listener made. A second call does nothing."""

    def accept(self, timeout: float | None = None) -> Channel:
        """Wait for the next connection and return it.

        Raises:
            ChannelTimeout: None came within *timeout* seconds.
        """
        return run(self.accept_op(), timeout)

    def accept_op(self) -> Op[Channel]:
        """The operation of `accept`."""
        while True:
            accepted = self.try_accept()
            if not isinstance(accepted, Blocked):
                return accepted
            yield accepted

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
