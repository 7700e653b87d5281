"""What one call costs in pieces, in one process: ``python -m benchmarks.pieces``.

The profile behind the ratios of the tables: each line is the least of several runs, so that what is left
is the work itself, and a figure that misses its aim can be told from one that could do better.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import threading
import timeit
from collections.abc import Callable

from benchmarks import machine, pki
from benchmarks.contenders.iochan_stack import stack
from benchmarks.job import Job
from iochan.channels.adopt import socket_channel
from iochan.channels.scm import CONTROL_SIZE
from iochan.core.codeclayer import CodecLayer
from iochan.tls.pki import init_directory

MESSAGE = bytes(64)
VIEW = memoryview(bytearray(65536))
ROOM = memoryview(bytearray(262144))


def cost(work: Callable[[], object], times: int = 10000, runs: int = 7) -> float:
    """Return the microseconds that one call of ``work`` takes at the best."""
    return min(timeit.repeat(work, number=times, repeat=runs)) / times * 1e6


def show(name: str, micros: float) -> None:
    """Print one line."""
    print(f"{name:<58} {micros:7.2f} us")


def tcp() -> tuple[socket.socket, socket.socket]:
    """Return two connected sockets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    for sock in (near, far):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return near, far


def plain() -> None:
    """A read and a write of 64 bytes, by the socket's methods and by the channel's."""
    near, far = tcp()
    show("socket: send + recv_into", cost(lambda: (near.send(MESSAGE), far.recv_into(VIEW))))
    here, there = socket_channel(near), socket_channel(far)
    show("the write by write_all", cost(lambda: (here.write_all(MESSAGE), far.recv_into(VIEW))))
    show("the read by readinto", cost(lambda: (near.send(MESSAGE), there.readinto(VIEW))))
    show("both", cost(lambda: (here.write_all(MESSAGE), there.readinto(VIEW))))
    here.close()
    there.close()


def unix() -> None:
    """What it costs never to drop a descriptor: recvmsg with room for some, in place of recv."""
    near, far = socket.socketpair()
    with near, far:
        show("unix: send + recv_into", cost(lambda: (near.send(MESSAGE), far.recv_into(VIEW))))
        show(
            "unix: send + recvmsg_into with room for descriptors",
            cost(lambda: (near.send(MESSAGE), far.recvmsg_into((VIEW,), CONTROL_SIZE))),
        )


def empty() -> None:
    """A Python function that does nothing."""


def frames() -> None:
    """What Python itself takes."""
    base = cost(lambda: None)
    show("a call of a Python function", cost(lambda: empty()) - base)  # noqa: PLW0108 - the call is the point
    lock = threading.Lock()

    def locked() -> None:
        with lock:
            pass

    show("taking and leaving a lock", cost(locked) - base)


def memory_session(job: Job, far: Job) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return a write of 64 bytes and a write with its read, by ``ssl``'s own objects over memory."""
    client_in, client_out, server_in, server_out = (ssl.MemoryBIO() for _ in range(4))
    client = pki.context(job).wrap_bio(client_in, client_out, server_hostname=pki.HOSTNAME)
    server = pki.context(far).wrap_bio(server_in, server_out, server_side=True)
    done = 0
    while done < 2:
        done = 0
        for end in (client, server):
            try:
                end.do_handshake()
                done += 1
            except ssl.SSLWantReadError:
                continue
            finally:
                server_in.write(client_out.read())
                client_in.write(server_out.read())

    def write() -> bytes:
        client.write(MESSAGE)
        return client_out.read()

    def both() -> object:
        server_in.write(write())
        got = server.read(len(VIEW), VIEW)
        return got, server_in.pending

    return both, write


def tls() -> None:
    """A record of 64 bytes through the library alone, and through the whole stack."""
    with tempfile.TemporaryDirectory(prefix="iochan-bench-") as directory:
        init_directory(directory)
        job = Job(size=64, tls=True, directory=directory)
        far = Job(size=64, tls=True, server=True, directory=directory)
        both, write = memory_session(job, far)
        show("ssl over MemoryBIO: encrypt + decrypt", cost(both))
        show("ssl over MemoryBIO: encrypt", cost(write, 2000))
        near, distant = tcp()
        here, there = stack(near, job), stack(distant, far)
        helper = threading.Thread(target=there.handshake)
        helper.start()
        here.handshake()
        helper.join()
        there.write_all(b"!")
        here.read(1)
        assert isinstance(here, CodecLayer)
        assert isinstance(there, CodecLayer)
        ours, theirs = here.codec, there.codec

        def exchange() -> object:
            wire = memoryview(ours.seal(MESSAGE, ROOM))
            return theirs.receive_into(wire, len(wire), VIEW, False)

        show("codec over cffi: encrypt + decrypt", cost(exchange))

        def trip() -> None:
            here.write_all(MESSAGE)
            there.readinto(VIEW)

        show("layer: write_all + readinto, the sockets included", cost(trip))
        here.abort()
        there.abort()


async def turns() -> None:
    """What one turn of asyncio's loop costs, in which nothing but one future is set."""
    loop = asyncio.get_running_loop()
    times = 20000
    best = float("inf")
    for _ in range(5):
        begun = loop.time()
        for _ in range(times):
            future = loop.create_future()
            loop.call_soon(future.set_result, None)
            await future
        best = min(best, (loop.time() - begun) / times * 1e6)
    show("asyncio: a future set in one turn, awaited in the next", best)


def main() -> None:
    """Print all pieces."""
    for name, value in machine.describe().items():
        print(f"{name:<24} {value}")
    for part in (frames, plain, unix, tls):
        part()
    asyncio.run(turns())


if __name__ == "__main__":
    main()
