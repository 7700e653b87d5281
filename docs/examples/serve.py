"""A server with caps, which finishes what it has begun when it is told to stop."""

from __future__ import annotations

import asyncio

from iochan import aio


async def shout(channel: aio.AsyncChannel) -> None:
    """Serve one client: what this raises ends its connection, and no other."""
    while data := await channel.read():
        await channel.write_all(data.upper())


async def main() -> None:
    """Serve, until SIGTERM in a real program."""
    limits = aio.Limits(connections=200, per_peer=10, handshake_seconds=5, grace_seconds=3)
    async with aio.serve("tcp://127.0.0.1:0", shout, limits=limits) as server:
        channel = await aio.connect(server.listener.addresses[0])
        await channel.write_all(b"still here")
        print(await channel.read_exactly(10), server.active, "connection")
        await channel.close()
    print(server.accepted, "accepted,", server.failed, "failed,", server.active, "left")


asyncio.run(main())
