"""Whole messages over a WebSocket, for those whose protocol is made of them."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Final

from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, advance, as_view
from iochan.core.channel import AS_SET
from iochan.core.errors import TruncatedError
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.op import Op, run
from iochan.core.scratch import borrow, give_back
from iochan.websocket.codec import MESSAGE_END
from iochan.websocket.header import BINARY, TEXT
from iochan.websocket.layer import WebSocketLayer

if TYPE_CHECKING:
    from typing import Self

    from iochan.core.channel import Channel

__all__ = ["MAX_MESSAGE", "MessageChannel"]

MAX_MESSAGE: Final = 1 << 20
"""Bytes of the largest message, unless `MessageChannel` is told otherwise."""


class MessageChannel:
    """A view of *channel* that gives and takes messages: bytes for binary ones, text for text.

    Make it before the first read, and read and write only through it from then on. Text is taken
    whatever the layer's own option says. `iochan.websocket.amessage.AsyncMessageChannel` is the
    same for ``async`` code.

    Args:
        channel: The WebSocket, owned from now on.
        limit: The largest message in bytes that is taken; a larger one is refused with close code
            1009 as soon as its header tells of it.

    Raises:
        TypeError: *channel* is no WebSocket; one that is below another layer cannot be used.

    Attributes:
        channel: The WebSocket.
    """

    def __init__(self, channel: Channel, *, limit: int = MAX_MESSAGE) -> None:
        if not isinstance(channel, WebSocketLayer):
            message = f"{channel.name} is no WebSocket: messages need one at the top of the stack"
            raise TypeError(message)
        self.channel = channel
        self._codec = channel.frames
        self._codec.take_messages(limit)
        # Joined as it comes: an object for each of the peer's fragments would cost more than the limit says.
        self._message = bytearray()

    def receive(self, timeout: float | None = None) -> bytes | str | None:
        """Return the next message, or None once the peer has closed in order.

        Args:
            timeout: Seconds to wait; None for ever. What has come of a message is not lost by it.

        Raises:
            ChannelTimeout: No whole message came in time.
            FrameError: The peer broke a rule, or its message is too long.
            TruncatedError: The connection ended inside a message, or without a close.
        """
        return run(self.receive_op(), timeout)

    def receive_op(self) -> Op[bytes | str | None]:
        """The operation of `receive`. Cancelled, it keeps what has come."""
        with ReadGuard(self.channel):
            while True:
                scratch = borrow()
                try:
                    got = self.channel.try_readinto(scratch)
                    if not isinstance(got, Blocked) and got > 0:
                        self._message += scratch[:got]
                        continue
                finally:
                    give_back(scratch)
                if isinstance(got, Blocked):
                    yield got
                    continue
                if got == MESSAGE_END:
                    return self._take()
                if self._codec.going_on:
                    message = "the peer closed the WebSocket inside a message: ask for it again"
                    raise TruncatedError(message)
                return None

    def _take(self) -> bytes | str:
        whole, self._message = self._message, bytearray()
        return whole.decode() if self._codec.is_text else bytes(whole)

    def send(self, message: Buffer | str, timeout: float | None = None) -> None:
        """Send *message*: a text message if it is a ``str``, else a binary one.

        Args:
            message: What to send; it may be empty.
            timeout: Seconds; None for ever. After a timeout the WebSocket can only be closed.

        Raises:
            ChannelBrokenError: The WebSocket is closed or broken.
            LocalProtocolError: The message before was given up half sent.
        """
        run(self.send_op(message), timeout)

    def send_op(self, message: Buffer | str) -> Op[None]:
        """The operation of `send`. Cancelled after a part was sent, it leaves nothing but to close."""
        opcode = TEXT if isinstance(message, str) else BINARY
        view = as_view(message.encode() if isinstance(message, str) else message)
        with WriteGuard(self.channel):
            self._codec.begin_message(opcode, len(view))
            # Without a view the layer sends what the codec owes: the frame of an empty message.
            views = [view] if view else []
            while True:
                put = self.channel.try_writev(views)
                if isinstance(put, Blocked):
                    yield put
                    continue
                views = advance(views, put)
                if not views:
                    break
            while (blocked := self.channel.try_flush()) is not None:
                yield blocked

    def close(self, code: int = 1000, reason: str = "", timeout: float | None = AS_SET) -> None:
        """Close with *code* and *reason*; see `Channel.close`."""
        run(self.close_op(code, reason, timeout))

    def close_op(self, code: int = 1000, reason: str = "", timeout: float | None = AS_SET) -> Op[None]:
        """The operation of `close`."""
        self.channel.set_close(code, reason)
        yield from self.channel.close_op(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.channel.__exit__(kind, error, trace)
