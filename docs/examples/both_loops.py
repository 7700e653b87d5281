"""The same server and client in async code, run by asyncio and by trio."""

from __future__ import annotations

import asyncio

import trio

from iochan import aio


async def answer(channel: aio.AsyncChannel) -> None:
    """Send back in capitals all that the client sends."""
    while data := await channel.read():
        await channel.write_all(data.upper())


async def main() -> None:
    """Serve, and be the client."""
    async with (
        aio.serve("tcp://127.0.0.1:0", answer) as server,
        await aio.connect(server.listener.addresses[0]) as channel,
    ):
        await channel.write_all(b"one channel for every stream")
        await channel.write_eof()
        print(await channel.read_exactly(3))


asyncio.run(main())
trio.run(main)
