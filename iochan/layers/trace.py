"""One log line for each call: what a channel is asked, and what it answers."""

from __future__ import annotations

import logging
from typing import Final

from typing_extensions import override

from iochan.address.value import Count, as_count
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Room, Views, gather, total
from iochan.core.channel import Channel
from iochan.core.condition import Shutdown
from iochan.core.errors import IochanError, show_bytes
from iochan.core.fd import FdBox
from iochan.core.layer import Layer
from iochan.core.op import Op

__all__ = ["TraceLayer", "trace"]

_LOGGER: Final = logging.getLogger("iochan.trace")
_DEBUG: Final = logging.DEBUG


class TraceLayer(Layer):
    """Logs every call to the logger ``iochan.trace``, at level DEBUG; costs next to nothing above it.

    Args:
        lower: The channel below, owned from now on.
        show: How many bytes of each read and write to show, as text that is safe for a terminal, 64
            at most. None by default: they may be a password.
        name: What the lines begin with; by default what the channel below is called.
    """

    __slots__ = ("_show",)

    def __init__(self, lower: Channel, show: int = 0, name: str = "") -> None:
        if show < 0:
            message = f"a trace that shows {show} bytes: it must be 0 or more"
            raise ValueError(message)
        super().__init__(lower, name or f"trace({lower.name})")
        # show_bytes shows no more than that.
        self._show = min(show, 64)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if not _LOGGER.isEnabledFor(_DEBUG):
            return self._lower.try_readv(views, None, flags)
        try:
            got = self._lower.try_readv(views, None, flags)
        except IochanError as error:
            _LOGGER.debug("%s read failed: %s", self.name, error)
            raise
        self._log("read", got, views)
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if not _LOGGER.isEnabledFor(_DEBUG):
            return self._lower.try_writev(views, (), flags)
        try:
            put = self._lower.try_writev(views, (), flags)
        except IochanError as error:
            _LOGGER.debug("%s write failed: %s", self.name, error)
            raise
        self._log("write", put, views)
        return put

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        if not _LOGGER.isEnabledFor(_DEBUG):
            return self._lower.try_readinto(buffer, flags)
        return super().try_readinto(buffer, flags)

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        if not _LOGGER.isEnabledFor(_DEBUG):
            return self._lower.try_write(data, flags)
        return super().try_write(data, flags)

    def _log(self, verb: str, count: int | Blocked, views: Views) -> None:
        asked = total(views)
        if isinstance(count, Blocked):
            _LOGGER.debug("%s %s 0 of %d: blocked", self.name, verb, asked)
        elif not self._show or not count:
            _LOGGER.debug("%s %s %d of %d", self.name, verb, count, asked)
        else:
            shown = min(count, self._show)
            more = "…" if count > shown else ""
            _LOGGER.debug(
                "%s %s %d of %d: %s%s", self.name, verb, count, asked, show_bytes(gather(views, shown)), more
            )

    @override
    def try_flush(self) -> Blocked | None:
        blocked = self._lower.try_flush()
        if blocked is not None:
            _LOGGER.debug("%s flush: blocked", self.name)
        return blocked

    @override
    def end_writing_op(self) -> Op[None]:
        _LOGGER.debug("%s end of writing", self.name)
        yield from self._lower.end_writing_op()

    @override
    def do_shutdown(self, how: Shutdown) -> None:
        _LOGGER.debug("%s shutdown %s", self.name, how.value)
        self._lower.shutdown(how)

    @override
    def do_close(self) -> None:
        _LOGGER.debug("%s close", self.name)
        super().do_close()


def trace(channel: Channel, *, show: Count = 0) -> TraceLayer:
    """Put a `TraceLayer` on *channel*; ``trace.show`` in an address."""
    return TraceLayer(channel, as_count("trace.show", show))
