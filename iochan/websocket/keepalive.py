"""A WebSocket that asks a silent peer whether it is still there."""

from __future__ import annotations

from typing_extensions import override

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.buffers import Room
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelTimeout
from iochan.core.feature import ReadFlag
from iochan.websocket.codec import WebSocketCodec
from iochan.websocket.layer import WebSocketLayer

__all__ = ["KeepAliveLayer"]

_AWAKE = ~ReadFlag.MAY_SLEEP


class KeepAliveLayer(WebSocketLayer):
    """Sends a ping (RFC 6455, 5.5.2) after *seconds* in which nothing came, and gives up after as many more.

    Only while somebody reads, or waits for input: pings and their answers pass with the reads.

    Args:
        lower: The channel below, owned from now on.
        codec: The codec.
        seconds: How long the peer may be silent, more than 0.
    """

    __slots__ = ("_asked", "_heard", "_heard_at", "_seconds")

    def __init__(self, lower: Channel, codec: WebSocketCodec, seconds: float) -> None:
        super().__init__(lower, codec)
        self._seconds = seconds
        self._heard = -1
        self._heard_at = 0.0
        self._asked = False

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        # A read that sleeps in the kernel would miss the time.
        got = super().try_readinto(buffer, flags & _AWAKE)
        return self._look_after(got) if isinstance(got, Blocked) else got

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        holds = super().ready(condition)
        if isinstance(holds, Blocked) and Condition.IN in condition:
            return self._look_after(holds)
        return holds

    def _look_after(self, blocked: Blocked) -> Blocked:
        """Return *blocked* with the time of the next look; ask the peer, or give it up, if it is time."""
        now = clock.now()
        heard = self.frames.heard
        if heard != self._heard:
            self._heard, self._heard_at, self._asked = heard, now, False
        due = self._heard_at + self._seconds
        if now < due:
            return blocked.by(due)
        last = due + self._seconds
        if now >= last:
            message = f"the peer was silent for {2 * self._seconds:g} s and answered no ping: connect again"
            raise ChannelTimeout(message)
        if not self._asked:
            self._asked = True
            self.frames.queue_ping(b"")
            # Nothing to write: the layer sends what the codec owes.
            stuck = self.try_writev(())
            if isinstance(stuck, Blocked):
                blocked |= stuck
        return blocked.by(last)
