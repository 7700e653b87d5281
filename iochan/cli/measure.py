"""Moving bytes through one stack after the other, and measuring it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from typing_extensions import override

from iochan.aio import AsyncChannel, run_async
from iochan.channels.pipe import PipeChannel
from iochan.cli.far import ECHO, MESSAGE, REQUEST, RETURN, SINK
from iochan.core.channel import Channel
from iochan.core.opening import connect
from iochan.objects import ObjectStore

__all__ = ["STACKS", "Figure", "Pki", "measure_raw", "measure_stack"]

_WARM = 4 << 20
_PIECE = 65536
_CHECKED = 1 << 20


@dataclass(frozen=True, slots=True)
class Pki:
    """Where the certificates are, as ``--object`` texts for both ends."""

    directory: str

    def text(self, endpoint: str) -> str:
        """Return the object of one end, with the id ``tls0``."""
        directory = self.directory.replace(",", ",,")
        return f"tls-creds-x509,id=tls0,endpoint={endpoint},dir={directory}"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one stack did in one mode.

    Attributes:
        stack: The stack's name.
        mode: ``blocking``, ``asyncio`` or ``raw``.
        rate: MB/s one way, in writes of 64 KiB.
        trips: Round trips of 64 bytes a second.
        error: What went wrong, or an empty text.
    """

    stack: str
    mode: str
    rate: float = 0.0
    trips: float = 0.0
    error: str = ""


_CLIENT = "tls.creds=tls0&tls.hostname=localhost"
_TWICE = "tls@1.creds=tls0&tls@1.hostname=localhost&tls@2.creds=tls0&tls@2.hostname=localhost"

STACKS: dict[str, tuple[str, str]] = {
    "tcp": ("tcp://127.0.0.1:0", ""),
    "unix": ("unix://{path}", ""),
    "pipe": ("--pipe", ""),
    "command": ("exec:", ""),
    "tls": ("tls+tcp://127.0.0.1:0?tls.creds=tls0", _CLIENT),
    "tls in tls": ("tls+tls+tcp://127.0.0.1:0?tls@1.creds=tls0&tls@2.creds=tls0", _TWICE),
    "tls over command": ("tls+exec:", _CLIENT),
    "websocket": ("ws+tcp://127.0.0.1:0", ""),
    "websocket over tls": ("ws+tls+tcp://127.0.0.1:0?tls.creds=tls0", _CLIENT),
    "tls in websocket": ("tls+ws+tcp://127.0.0.1:0?tls.creds=tls0", _CLIENT),
    "tls over unix": ("tls+unix://{path}?tls.creds=tls0", _CLIENT),
}
"""The stacks by name: where the far end listens, and the options that the near end adds."""


def measure_stack(name: str, mode: str, pki: Pki, path: str, seconds: float) -> Figure:
    """Move bytes through the stack *name*, unharmed, and return how fast it was."""
    try:
        with _near(name, pki, path) as channel:
            near = _Awaited(channel) if mode == "asyncio" else _Blocking(channel)
            return near.measure(name, mode, seconds)
    except Exception as error:  # noqa: BLE001 - one line of a table must not hide the others
        return Figure(name, mode, error=f"{type(error).__name__}: {error}")


def measure_raw(seconds: float) -> Figure:
    """Measure plain sockets, which every ratio is to."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        far = [sys.executable, "-c", _RAW_FAR, str(listener.fileno())]
        stack.enter_context(_process(far, pass_fds=(listener.fileno(),)))
        sock = stack.enter_context(socket.create_connection(listener.getsockname()))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Raw(sock).measure("raw socket", "raw", seconds)


_RAW_FAR = """
import socket, struct, sys
sock, _ = socket.socket(fileno=int(sys.argv[1])).accept()
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
room = memoryview(bytearray(1 << 20))
def take(view):
    while view:
        got = sock.recv_into(view)
        if not got:
            sys.exit()
        view = view[got:]
while True:
    head = bytearray(9)
    take(memoryview(head))
    what, count = struct.unpack(">cQ", head)
    if what == b"S":
        while count:
            count -= sock.recv_into(room[:min(count, len(room))])
        sock.sendall(b"k")
    elif what == b"E":
        for _ in range(count):
            take(room[:64])
            sock.sendall(room[:64])
    else:
        data = bytearray(count)
        take(memoryview(data))
        sock.sendall(data)
"""


@contextmanager
def _process(argv: list[str], pass_fds: tuple[int, ...] = (), *, tells: bool = False) -> Iterator[str]:
    """Run the far end; the value is the line that it prints, if it *tells* one. It ends with the block."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, pass_fds=pass_fds, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip() if tells else ""
            process.wait(10)
        finally:
            process.kill()


@contextmanager
def _near(name: str, pki: Pki, path: str) -> Iterator[Channel]:
    """Start the far end of the stack *name* and yield a channel to it."""
    listen, options = STACKS[name]
    store = ObjectStore()
    if "tls" in listen:
        store.add(pki.text("client"))
    server = [pki.text("server") + ",verify-peer=off"] if "tls" in listen else []
    program = [sys.executable, "-m", "iochan.cli.far"]
    if listen == "--pipe":
        with _pipes(program) as channel:
            yield channel
        return
    if "exec:" in listen:
        below = "tls+stdio:?tls.creds=tls0" if server else "stdio:"
        command = " ".join(map(_quote, [*program, below, *server]))
        text = f"{listen}?{options} {command}" if options else f"{listen}{command}"
        with connect(text, objects=store) as channel:
            yield channel
        return
    with _process([*program, listen.format(path=path), *server], tells=True) as told:
        if not told:
            message = "the far end did not start: see its error above"
            raise ChildProcessError(message)
        address = f"{told}{'&' if '?' in told else '?'}{options}" if options else told
        with connect(address, objects=store) as channel:
            yield channel


@contextmanager
def _pipes(program: list[str]) -> Iterator[Channel]:
    there_read, there_write = os.pipe()
    back_read, back_write = os.pipe()
    with PipeChannel(back_read, there_write, name="pipe") as channel:
        argv = [*program, "--pipe", str(there_read), str(back_write)]
        with subprocess.Popen(argv, pass_fds=(there_read, back_write)) as process:
            os.close(there_read)
            os.close(back_write)
            try:
                yield channel
                channel.close()
                process.wait(10)
            finally:
                process.kill()


def _quote(word: str) -> str:
    return subprocess.list2cmdline([word]) if " " not in word and "'" not in word else "'" + word + "'"


class _Near:
    """The near end: what it sends and receives by, one mode a subclass."""

    send: Callable[[bytes], None]
    receive: Callable[[bytearray], int]

    def measure(self, stack: str, mode: str, seconds: float) -> Figure:
        """Check both directions, then take the figures."""
        data = os.urandom(_CHECKED)
        if self._returned(data) != data:
            return Figure(stack, mode, error="the bytes came back changed")
        self._sink(_WARM)
        size = max(_WARM, int(_WARM / self._sink(_WARM) * seconds) // _PIECE * _PIECE)
        rate = size / self._sink(size) / 1e6
        self._trips(100)
        count = max(200, int(1000 / self._trips(1000) * seconds))
        return Figure(stack, mode, rate, count / self._trips(count))

    def _returned(self, data: bytes) -> bytes:
        self.send(REQUEST.pack(RETURN, len(data)) + data)
        got = bytearray()
        room = bytearray(_PIECE)
        while len(got) < len(data) and (size := self.receive(room)):
            got += room[:size]
        return bytes(got)

    def _sink(self, size: int) -> float:
        piece = bytes(_PIECE)
        started = time.perf_counter()
        self.send(REQUEST.pack(SINK, size))
        for _ in range(size // _PIECE):
            self.send(piece)
        self.receive(bytearray(1))
        return time.perf_counter() - started

    def _trips(self, count: int) -> float:
        message = bytes(MESSAGE)
        room = bytearray(MESSAGE)
        self.send(REQUEST.pack(ECHO, count))
        send, receive = self.send, self.receive
        started = time.perf_counter()
        for _ in range(count):
            send(message)
            receive(room)
        return time.perf_counter() - started


class _Raw(_Near):
    def __init__(self, sock: socket.socket) -> None:
        self.send = sock.sendall
        self.receive = sock.recv_into


class _Blocking(_Near):
    def __init__(self, channel: Channel) -> None:
        self.send = channel.write_all
        self.receive = channel.readinto


class _Awaited(_Near):
    """The same loops, awaited: the figures are those of `AsyncChannel` on asyncio."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.send = channel.write_all
        self.receive = channel.readinto

    @override
    def _sink(self, size: int) -> float:
        return run_async(self._sink_async, size)

    @override
    def _trips(self, count: int) -> float:
        return run_async(self._trips_async, count)

    async def _sink_async(self, size: int) -> float:
        channel = AsyncChannel(self._channel)
        piece = bytes(_PIECE)
        started = time.perf_counter()
        await channel.write_all(REQUEST.pack(SINK, size))
        for _ in range(size // _PIECE):
            await channel.write_all(piece)
        await channel.readinto(bytearray(1))
        return time.perf_counter() - started

    async def _trips_async(self, count: int) -> float:
        channel = AsyncChannel(self._channel)
        message = bytes(MESSAGE)
        room = bytearray(MESSAGE)
        await channel.write_all(REQUEST.pack(ECHO, count))
        started = time.perf_counter()
        for _ in range(count):
            await channel.write_all(message)
            await channel.readinto(room)
        return time.perf_counter() - started
