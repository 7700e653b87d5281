"""Whole messages over a WebSocket, in async code, and a close that says why."""

from __future__ import annotations

import asyncio

from iochan import aio
from iochan.websocket.amessage import AsyncMessageChannel
from iochan.websocket.errors import WebSocketClosedError


async def answer(channel: aio.AsyncChannel) -> None:
    """Answer each message until one is ``stop``."""
    messages = AsyncMessageChannel(channel.channel, limit=4096)
    async for message in messages:
        if message == "stop":
            await messages.close(4000, "asked to stop")
            return
        await messages.send(message[::-1])


async def main() -> None:
    """Serve, and be the client too."""
    async with aio.serve("ws://127.0.0.1:0", answer) as server:
        channel = await aio.connect(server.listener.addresses[0])
        async with AsyncMessageChannel(channel.channel) as messages:
            await messages.send("text")
            await messages.send(b"\x01\x02\x03")
            print(await messages.receive(), await messages.receive())
            await messages.send("stop")
            try:
                await messages.receive()
            except WebSocketClosedError as error:
                print(error.code, error.reason)


asyncio.run(main())
