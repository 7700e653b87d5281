"""Days of a VNC server's life in minutes: ``python -m benchmarks.soak [--minutes 10]``.

A desktop changes all the time, in parts, by scrolling, whole, and in size. Viewers come, look for a while,
stall, come back to life, leave with or without a word, or talk nonsense. None may wait in vain; in the end
all see the same, and the server has no more memory than in the beginning.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import numpy as np

from benchmarks.proc import anonymous_kib
from iochan.aio import AsyncChannel, arun, connect
from iochan.aio import serve as serve_address
from iochan.core.errors import IochanError
from iochan.vnc import codes
from iochan.vnc.client import PSEUDO, VncClient
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.rect import Rect
from iochan.vnc.server import VncServer
from iochan.vnc.servermessage import Update

SIZES = ((320, 240), (400, 300), (256, 192))
ENCODINGS = (codes.RAW, codes.RRE, codes.HEXTILE, codes.ZLIB, codes.ZRLE, codes.TIGHT, codes.TIGHT_PNG)
VIEWERS = 12
DRAWS = 60
"""A second: a terminal at work draws about one, so that ten minutes are ten hours of it, for each viewer."""
SETTLED = 0.3
"""The part of the time after which memory has to stay as it is."""
MORE = 1.1
SLACK = 8 << 10
"""KiB."""
LOOK = 30.0


def draw(framebuffer: Framebuffer, server: VncServer, chance: random.Random) -> None:
    """Change something."""
    width, height = framebuffer.width, framebuffer.height
    kind = chance.random()
    if kind < 0.002:
        server.resize(*chance.choice(SIZES))
    elif kind < 0.1:
        framebuffer.copy(framebuffer.screen, 0, -16)
    elif kind < 0.12:
        noise = np.random.default_rng(chance.randrange(1 << 32))
        framebuffer.draw(0, 0, noise.integers(0, 1 << 24, (height, width), np.uint32))
    else:
        area = Rect(chance.randrange(width), chance.randrange(height), chance.randrange(1, 90), 16)
        framebuffer.fill(area, chance.randrange(1 << 24))


async def serve() -> None:
    """Serve the desktop, which stops changing at SIGUSR1."""
    framebuffer = Framebuffer(*SIZES[0])
    server = VncServer(framebuffer)
    chance = random.Random(1)
    still = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, still.set)

    async def attend(channel: AsyncChannel) -> None:
        with contextlib.suppress(IochanError, OSError):  # what viewers do here ends so
            await arun(server.serve_op(channel.channel))

    async with serve_address("tcp://127.0.0.1:0", attend) as running:
        print(running.listener.addresses[0], flush=True)
        while not still.is_set():
            draw(framebuffer, server, chance)
            await asyncio.sleep(1 / DRAWS)
        await asyncio.Event().wait()


class Crowd:
    """The viewers.

    Attributes:
        counts: What they did.
        still: Set when the desktop has stopped changing.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.counts: Counter[str] = Counter()
        self.still = asyncio.Event()
        self.pictures: list[bytes] = []

    async def come_and_go(self, seed: int) -> None:
        """Be one viewer after the other until the desktop is still, and then look once more."""
        chance = random.Random(seed)
        while not self.still.is_set():
            visit = chance.choice((self.look, self.look, self.look, self.stall, self.vanish, self.babble))
            await self._try(visit, chance)
        await self._try(self.compare, chance)

    async def _try(self, visit: Callable[[random.Random], Awaitable[None]], chance: random.Random) -> None:
        self.counts[visit.__name__] += 1
        async with asyncio.timeout(LOOK):
            await visit(chance)

    async def _client(self, chance: random.Random) -> VncClient:
        channel = await connect(self.address)
        encodings = (chance.choice(ENCODINGS), codes.COPY_RECT, *PSEUDO)
        return await arun(VncClient.connect_op(channel.channel, encodings=encodings))

    async def _see(self, client: VncClient, updates: int) -> None:
        for _ in range(updates):
            await arun(client.request_op())
            try:
                async with asyncio.timeout(LOOK / 3):
                    while not isinstance(await arun(client.receive_op()), Update):
                        pass
            except TimeoutError:
                if self.still.is_set():
                    return  # there is nothing new any more
                raise
            self.counts["updates"] += 1

    async def look(self, chance: random.Random) -> None:
        """Look for a while and say goodbye."""
        client = await self._client(chance)
        await self._see(client, chance.randrange(1, 120))
        await arun(client.close_op())

    async def stall(self, chance: random.Random) -> None:
        """Ask, take nothing for a while, and go on."""
        client = await self._client(chance)
        for _ in range(20):
            await arun(client.request_op(incremental=False))
        await asyncio.sleep(chance.random() * 3)
        await arun(client.screenshot_op())
        await arun(client.close_op())

    async def vanish(self, chance: random.Random) -> None:
        """Leave without a word, in the midst of an update."""
        client = await self._client(chance)
        await arun(client.request_op(incremental=False))
        await asyncio.sleep(chance.random() / 20)
        client.channel.abort()

    async def babble(self, chance: random.Random) -> None:
        """Say what is no RFB, or no message of it."""
        channel = await connect(self.address)
        hello = b"RFB 003.008\n\x01\x01" + struct.pack(">BxH", codes.SET_ENCODINGS, 65535)
        with contextlib.suppress(IochanError):  # it may have been hung up on
            await channel.write_all((hello if chance.random() < 0.5 else b"") + chance.randbytes(100))
        await asyncio.sleep(chance.random() / 10)
        channel.abort()

    async def compare(self, chance: random.Random) -> None:
        """Keep what is to be seen in the end."""
        client = await self._client(chance)
        self.pictures.append((await arun(client.screenshot_op())).tobytes())
        await arun(client.close_op())


async def watch(minutes: float) -> bool:
    """Run it; print what happened, and tell whether all was well."""
    argv = [sys.executable, "-m", "benchmarks.soak", "--serve"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as server:  # noqa: ASYNC220 - nothing waits yet
        try:
            assert server.stdout is not None
            crowd = Crowd(server.stdout.readline().decode().strip())
            tasks = [asyncio.create_task(crowd.come_and_go(seed)) for seed in range(VIEWERS)]
            sizes: list[int] = []
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end and not any(task.done() for task in tasks):
                await asyncio.sleep(min(1.0, 3 * minutes))
                sizes.append(anonymous_kib(server.pid))
            server.send_signal(signal.SIGUSR1)
            crowd.still.set()
            await asyncio.gather(*tasks)
        finally:
            server.terminate()
    early, late = max(sizes[: int(len(sizes) * SETTLED) + 1]), max(sizes[int(len(sizes) * SETTLED) :])
    flat = late <= MORE * early + SLACK
    same = len(set(crowd.pictures)) == 1 and len(crowd.pictures) == VIEWERS
    print(", ".join(f"{name} {count:,}" for name, count in sorted(crowd.counts.items())))
    print(
        f"the server's memory: {early / 1024:.1f} MiB at most at first, {late / 1024:.1f} MiB later", end=""
    )
    print(f": {'flat' if flat else 'GROWS'}; in the end all see {'the same' if same else 'OTHER THINGS'}")
    return flat and same


def main() -> None:
    """Run the server, or the whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
    if not asyncio.run(watch(given.minutes)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
