"""The channel that is empty to a reader and bottomless to a writer."""

from __future__ import annotations

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, total
from iochan.core.channel import Channel
from iochan.core.condition import Condition, Shutdown
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.op import Op

__all__ = ["NullChannel"]


class NullChannel(Channel):
    """Reads are at the end of the stream; writes swallow everything. It owns no descriptor.

    Attributes:
        swallowed: How many bytes were written.
    """

    __slots__ = ("swallowed",)

    features = Feature.SHUTDOWN | Feature.HALF_CLOSE | Feature.CONCURRENT

    def __init__(self, name: str = "") -> None:
        super().__init__(name or "null")
        self.swallowed = 0

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int:
        return 0

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int:
        count = total(views)
        self.swallowed += count
        return count

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        return condition

    @override
    def do_shutdown(self, how: Shutdown) -> None:
        """Do nothing: there is no other end to tell."""

    @override
    def end_writing_op(self) -> Op[None]:
        yield from ()  # an operation, though this one never waits

    @override
    def do_close(self) -> None:
        """Do nothing: there is nothing to give back."""
