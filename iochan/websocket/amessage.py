"""Whole messages over a WebSocket in ``async`` code."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from iochan.aio.driver import arun
from iochan.core.buffers import Buffer
from iochan.websocket.message import MAX_MESSAGE, MessageChannel

if TYPE_CHECKING:
    from typing import Self

    from iochan.core.channel import Channel

__all__ = ["AsyncMessageChannel"]


class AsyncMessageChannel:
    """The verbs of `iochan.websocket.message.MessageChannel`, awaitable; ``async for`` gives each message.

    Args:
        channel: The WebSocket, owned from now on.
        limit: The largest message in bytes that is taken.

    Attributes:
        messages: The view whose verbs these are.
    """

    __slots__ = ("messages",)

    def __init__(self, channel: Channel, *, limit: int = MAX_MESSAGE) -> None:
        self.messages = MessageChannel(channel, limit=limit)

    async def receive(self) -> bytes | str | None:
        """See `MessageChannel.receive`. Cancelled, it keeps what has come of a message."""
        return await arun(self.messages.receive_op())

    async def send(self, message: Buffer | str) -> None:
        """See `MessageChannel.send`. Cancelled after a part was sent, it leaves nothing but to close."""
        await arun(self.messages.send_op(message))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """See `MessageChannel.close`."""
        await arun(self.messages.close_op(code, reason))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes | str:
        message = await self.receive()
        if message is None:
            raise StopAsyncIteration
        return message

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self.close()
        else:
            self.messages.channel.abort()
