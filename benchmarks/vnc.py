"""Servers of VNC beside each other, and the way of a key: ``python -m benchmarks.vnc``.

The same picture of 1920 by 1080 pixels is sent whole, again and again, by ours, by TigerVNC's Xvnc, and by
x11vnc on Xvfb, to the same client. What counts is the server's CPU time, so the client's own is none of it.
Then a picture that changes is shown to one viewer, and to many.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from typing_extensions import override

from benchmarks import machine
from benchmarks.proc import cpu_ns
from benchmarks.xroot import showing
from iochan.aio import AsyncChannel, arun
from iochan.aio import serve as serve_address
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views
from iochan.core.channel import Channel
from iochan.core.fd import FdBox
from iochan.core.layer import Layer
from iochan.core.opening import connect, listen
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from iochan.vnc import codes
from iochan.vnc.client import PSEUDO, VncClient
from iochan.vnc.clientmessage import KeyEvent
from iochan.vnc.console.screen import Screen
from iochan.vnc.desktop import Desktop
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.server import VncServer
from iochan.vnc.session import Session

WIDTH, HEIGHT = 1920, 1080
FRAMES, ROUNDS = 5, 3
KEYS = 200
VIEWERS, MOST_FURTHER = 50, 0.3
ENCODINGS = {"ZRLE": codes.ZRLE, "Tight": codes.TIGHT, "Hextile": codes.HEXTILE, "Raw": codes.RAW}
AIMS = {"ZRLE": 0.5, "Tight": 0.5}

Picture = NDArray[np.uint8]


class CountLayer(Layer):
    """Counts what is read."""

    __slots__ = ("count",)

    def __init__(self, lower: Channel) -> None:
        super().__init__(lower, "count")
        self.count = 0

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        got = super().try_readv(views, fds, flags)
        if not isinstance(got, Blocked):
            self.count += got
        return got


def terminal() -> Picture:
    """Return a terminal full of source text."""
    screen = Screen(HEIGHT // 16, WIDTH // 8)
    screen.feed(Path(__file__).read_bytes().replace(b"\n", b"\r\n") * 2)
    screen.paint()
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    shown = screen.framebuffer.rgb()
    picture[: shown.shape[0], : shown.shape[1]] = shown
    return picture


def photograph() -> Picture:
    """Return something with soft shapes and the grain of a camera."""
    random = np.random.default_rng(7)
    coarse = Image.fromarray(random.integers(0, 256, (27, 48, 3), np.uint8))
    soft = np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = random.normal(0, 4, soft.shape).astype(np.int16)
    picture: Picture = np.clip(soft + grain, 0, 255).astype(np.uint8)
    return picture


def desktop() -> Picture:
    """Return windows of one colour and of text before a background of one colour."""
    picture = np.full((HEIGHT, WIDTH, 3), (0x33, 0x66, 0x99), np.uint8)
    text = terminal()
    for x, y, width, height in ((60, 50, 800, 500), (500, 400, 900, 600), (1300, 100, 560, 420)):
        picture[y : y + height, x : x + width] = (0xDD, 0xDD, 0xDD)
        picture[y + 24 : y + height - 4, x + 4 : x + width - 4] = text[: height - 28, : width - 8]
    return picture


@contextmanager
def process(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that is silent and stops when it is told."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        try:
            yield running
        finally:
            running.terminate()


def first_line(running: subprocess.Popen[bytes]) -> str:
    """Return what a program prints first."""
    assert running.stdout is not None
    return running.stdout.readline().decode().strip()


@contextmanager
def ours(picture: Picture) -> Iterator[tuple[int, str]]:
    """Serve *picture* by ours; the value is the server's process and address."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, picture)
        file.flush()
        with process(sys.executable, "-m", "benchmarks.vnc", "serve", file.name) as running:
            yield running.pid, first_line(running)


@contextmanager
def on_x(picture: Picture, server: tuple[str, ...], front: tuple[str, ...] = ()) -> Iterator[tuple[int, str]]:
    """Serve *picture* by an X server that speaks VNC, or by the program *front* on one that does not."""
    with ExitStack() as stack:
        screen = stack.enter_context(process(*server, "-displayfd", "1", "-nolisten", "tcp"))
        number = first_line(screen)
        stack.enter_context(showing(number, picture))
        if not front:
            yield screen.pid, "tcp://127.0.0.1:5987"
            return
        program = stack.enter_context(process(*front, "-display", f":{number}"))
        told = first_line(program)
        yield program.pid, f"tcp://127.0.0.1:{told.partition('=')[2]}"


SIZE = f"{WIDTH}x{HEIGHT}"
XVNC = ("Xtigervnc", "-rfbport", "5987", "-localhost", "-geometry", SIZE, "-depth", "24")
XVFB = ("Xvfb", "-screen", "0", f"{SIZE}x24")
X11VNC = ("x11vnc", "-localhost", "-nopw", "-forever", "-quiet", "-noxdamage", "-autoport", "5950")


def contender(name: str, picture: Picture) -> AbstractContextManager[tuple[int, str]]:
    """Return what serves *picture* under this name."""
    if name == "iochan":
        return ours(picture)
    if name == "Xvnc":
        return on_x(picture, (*XVNC, "-SecurityTypes", "None"))
    return on_x(picture, XVFB, X11VNC)


def patiently(address: str) -> Channel:
    """Connect once the program listens."""
    for _ in range(500):
        try:
            return connect(address, timeout=10)
        except OSError:
            time.sleep(0.01)
    message = f"{address}: nobody listens"
    raise SystemExit(message)


def measure(pid: int, address: str, encoding: int) -> tuple[float, float]:
    """Return the frames that a second of the server's CPU gives, and the KiB of one."""
    channel = CountLayer(patiently(address))
    with VncClient.connect(channel, encodings=(encoding, *PSEUDO)) as client:
        client.screenshot()
        took, bytes_before = cpu_ns(pid), channel.count
        for _ in range(FRAMES):
            client.screenshot()
        took = cpu_ns(pid) - took
        return FRAMES / (took / 1e9), (channel.count - bytes_before) / FRAMES / 1024


def compare_servers() -> bool:
    """Print a line for each picture, encoding and server; tell whether the aims were met."""
    good = True
    print(f"\n{'picture, encoding':<24}{'server':<10}{'frames/CPU s':>14}{'KiB each':>11}{'ours/its':>10}")
    for title, make in (("terminal", terminal), ("photograph", photograph), ("desktop", desktop)):
        picture = make()
        for encoding, number in ENCODINGS.items():
            figures: dict[str, list[tuple[float, float]]] = {"iochan": [], "Xvnc": [], "x11vnc": []}
            for _ in range(ROUNDS):
                for name, rounds in figures.items():
                    with contender(name, picture) as (pid, address):
                        rounds.append(measure(pid, address, number))
            rates = {name: statistics.median(rate for rate, _ in rounds) for name, rounds in figures.items()}
            what = f"{title}, {encoding}"
            for name, rounds in figures.items():
                ratio = rates["iochan"] / rates[name]
                size = statistics.median(kib for _, kib in rounds)
                print(f"{what:<24}{name:<10}{rates[name]:>14.2f}{size:>11.0f}{ratio:>10.2f}")
            good &= rates["iochan"] / rates["Xvnc"] >= AIMS.get(encoding, 0)
    return good


def time_viewers() -> bool:
    """Print what a further viewer costs of a server's CPU time beside the first; tell if it is little."""
    good = True
    print(f"\n{'terminal, encoding':<24}{'first, ms':>12}{'further, ms':>14}{'further/first':>16}")
    for encoding, number in ENCODINGS.items():
        alone, together = time_frame(1, number), time_frame(VIEWERS, number)
        further = (together - alone) / (VIEWERS - 1)
        print(f"{encoding:<24}{alone:>12.1f}{further:>14.2f}{further / alone:>16.2f}")
        good &= encoding not in AIMS or further / alone <= MOST_FURTHER
    return good


def time_frame(viewers: int, encoding: int) -> float:
    """Return the ms of CPU that a server needs to show *viewers* what has changed everywhere."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file, ExitStack() as stack:
        np.save(file, terminal())
        file.flush()
        running = stack.enter_context(
            process(sys.executable, "-m", "benchmarks.vnc", "serve-many", file.name)
        )
        address = first_line(running)
        clients = [
            stack.enter_context(VncClient.connect(connect(address), encodings=(encoding, *PSEUDO)))
            for _ in range(viewers)
        ]
        for client in clients:
            client.screenshot()
        took = cpu_ns(running.pid)
        for _ in range(FRAMES):
            clients[0].key(0x20, down=True)
            for client in clients:
                client.request()
                client.receive(30)
        took = cpu_ns(running.pid) - took
        wanted = np.roll(terminal(), -16 * FRAMES, axis=0)
        for client in clients:
            assert np.array_equal(client.framebuffer.rgb(), wanted), "a viewer has not seen the last frame"
        return took / FRAMES / 1e6


def time_keys() -> None:
    """Print how long a key takes until its letter is seen, on a console over a WebSocket in TLS."""
    with tempfile.TemporaryDirectory(prefix="iochan-bench-") as place:
        pki = ThrowAwayPki(Path(place))
        argv = (
            *(sys.executable, "-m", "iochan", "vnc", "console", "--chardev", "pty,id=c,command=cat"),
            *("--listen", "wss://127.0.0.1:0?tls.creds=s"),
            *("--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"),
        )
        objects = ObjectStore()
        objects.add(f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}")
        with subprocess.Popen(argv, stderr=subprocess.PIPE) as server:
            assert server.stderr is not None
            address = server.stderr.readline().decode().split()[-1]
            channel = connect(f"{address}?tls.creds=c&tls.hostname=localhost", objects=objects)
            with VncClient.connect(channel) as client:
                client.screenshot()
                took = sorted(time_key(client, "abcdefgh"[number % 8]) for number in range(KEYS))
            server.terminate()
    middle, late = took[KEYS // 2], took[KEYS * 99 // 100]
    print(f"\na key's letter is seen, over wss: p50 {middle:.1f} ms, p99 {late:.1f} ms")


def time_key(client: VncClient, letter: str) -> float:
    """Type *letter*, and return how many ms it takes until the screen is another one."""
    before = client.framebuffer.pixels.copy()
    client.request()
    begun = time.perf_counter()
    client.type(letter)
    while np.array_equal(before, client.framebuffer.pixels):
        client.receive(10)
        client.request()
    return (time.perf_counter() - begun) * 1e3


def serve(path: str) -> None:
    """Serve the picture in the file *path* to one viewer after the other."""
    framebuffer = Framebuffer(WIDTH, HEIGHT)
    framebuffer.draw(0, 0, np.load(path))
    server = VncServer(framebuffer)
    with listen("tcp://127.0.0.1:0") as listener:
        print(listener.addresses[0], flush=True)
        while True:
            server.serve(listener.accept())


class Turning(Desktop):
    """Goes on by a line of text with each key."""

    def __init__(self, picture: Picture) -> None:
        self.framebuffer = Framebuffer(WIDTH, HEIGHT)
        self.picture = picture
        self.framebuffer.draw(0, 0, picture)

    @override
    def key(self, session: Session, event: KeyEvent) -> None:
        self.picture = np.roll(self.picture, -16, axis=0)
        self.framebuffer.draw(0, 0, self.picture)


async def serve_many(path: str) -> None:
    """Show viewers the picture in the file *path*, at most so often that none misses a change."""
    desktop = Turning(np.load(path))
    server = VncServer(desktop.framebuffer, desktop)

    async def attend(channel: AsyncChannel) -> None:
        await arun(server.serve_op(channel.channel))

    async with serve_address("tcp://127.0.0.1:0", attend) as running:
        print(running.listener.addresses[0], flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Print all; with ``--strict`` fail if an aim is missed."""
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    if sys.argv[1:2] == ["serve-many"]:
        asyncio.run(serve_many(sys.argv[2]))
    for name, value in machine.describe().items():
        print(f"{name:<24} {value}")
    met = time_viewers()
    met &= compare_servers()
    time_keys()
    if "--strict" in sys.argv and not met:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
