"""The base of layers: one channel below, everything handed on unless a layer changes it."""

from __future__ import annotations

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Views
from iochan.core.channel import Channel
from iochan.core.condition import Condition, Shutdown
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.op import Op

__all__ = ["Layer"]

_HANDED_UP = Feature.SHUTDOWN | Feature.HALF_CLOSE | Feature.CONCURRENT


class Layer(Channel):
    """A channel on a channel, which it owns: closing the layer closes what is below.

    Args:
        lower: The channel below.
        name: What messages call the layer.
    """

    __slots__ = ("_lower", "features")

    def __init__(self, lower: Channel, name: str = "") -> None:
        super().__init__(name)
        self._lower = lower
        self.features = lower.features & _HANDED_UP
        self.blocking = lower.blocking
        self.timeout = lower.timeout

    @property
    @override
    def lower(self) -> Channel:
        return self._lower

    @property
    @override
    def close_seconds(self) -> float | None:
        return self._lower.close_seconds

    @override
    def fileno(self) -> int:
        return self._lower.fileno()

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return self._lower.try_readv(views, None, flags)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        return self._lower.try_writev(views, (), flags)

    @override
    def try_flush(self) -> Blocked | None:
        return self._lower.try_flush()

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        return self._lower.ready(condition)

    @override
    def farewell_op(self) -> Op[None]:
        yield from self._lower.farewell_op()

    @override
    def end_writing_op(self) -> Op[None]:
        yield from self._lower.end_writing_op()

    @override
    def do_close(self) -> None:
        self._lower.abort()

    @override
    def do_shutdown(self, how: Shutdown) -> None:
        self._lower.shutdown(how)

    @override
    def do_set_delay(self, *, delay: bool) -> None:
        self._lower.set_delay(delay)
