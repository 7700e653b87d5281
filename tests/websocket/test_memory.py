"""What a peer's frame sizes cost."""

from __future__ import annotations

import resource
import socket
import struct
import threading

import pytest

from iochan.core.channel import Channel
from iochan.testing.drivers import DRIVERS

GIB = 1 << 30
PIECE = bytes(1 << 18)


def pair() -> tuple[socket.socket, Channel]:
    """Return the bare end of a client, and a server."""
    one, other = socket.socketpair()
    client, server = Channel.websocket_client(one.dup()), Channel.websocket_server(other)
    DRIVERS["stepped"](client.handshake_op(), server.handshake_op())
    client.abort()
    one.setblocking(True)
    return one, server


def test_the_first_bytes_of_a_huge_frame_come_at_once() -> None:
    raw, server = pair()
    with raw, server:
        raw.sendall(b"\x82\xff" + struct.pack(">Q", GIB) + b"\0\0\0\0" + b"first")
        assert server.read(100) == b"first"
        server.abort()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_frame_of_a_gibibyte_costs_no_memory() -> None:
    raw, server = pair()

    def pour() -> None:
        raw.sendall(b"\x82\xff" + struct.pack(">Q", GIB) + b"\x01\x02\x03\x04")
        for _ in range(GIB // len(PIECE)):
            raw.sendall(PIECE)

    with raw, server:
        writer = threading.Thread(target=pour)
        writer.start()
        room = bytearray(65536)
        got = server.readinto(room)
        at = 0
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        while got < GIB:
            at = got & 3
            got += server.readinto(room)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        writer.join()
        assert got == GIB
        assert grown < 1024, f"{grown} KiB more"
        # The mask over zeros: all came, and each byte in its place.
        assert room == (b"\x01\x02\x03\x04" * (len(room) // 4 + 1))[at : at + len(room)]
        server.abort()
