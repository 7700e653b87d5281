"""The WebSocket codec alone, beside that of ``websockets``: ``python -m benchmarks.frames``.

Each line is a ratio of medians, interleaved in one process: above 1.0 ours takes less time for a frame.
"""

from __future__ import annotations

import os
import sys

from websockets.client import ClientProtocol
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.uri import WebSocketURI

from benchmarks import machine
from benchmarks.compare import Work, compare
from benchmarks.worker import prime_allocator
from iochan.core.codec import BATCH
from iochan.core.scratch import SCRATCH_SIZE
from iochan.websocket.codec import WebSocketCodec
from iochan.websocket.header import BINARY, FIN, pack_header
from iochan.websocket.masking import apply_mask
from iochan.websocket.opening import ClientOpening, ServerOpening

SIZES = (16, 1400, 16384, 262144 - 14)
KEY = b"\x11\xa2\x03\xf4"
URI = WebSocketURI(secure=False, host="localhost", port=80, path="/", query="")
ROOM = memoryview(bytearray(SCRATCH_SIZE))
LARGE = 16384
AIM_SMALL, AIM_LARGE = 1 / 0.5, 1 / 0.35


def sides() -> tuple[WebSocketCodec, WebSocketCodec]:
    """Return a server and a client that have done their handshake."""
    client = WebSocketCodec(ClientOpening("localhost", "/", None, ()), server=False)
    server = WebSocketCodec(ServerOpening(None, (), ()), server=True)
    server.receive(memoryview(b"".join(client.outgoing(ROOM))))
    client.receive(memoryview(b"".join(server.outgoing(ROOM))))
    return server, client


def sending(codec: WebSocketCodec, data: bytes) -> Work:
    """Return what makes frames of *data*, in the pieces that a layer would hand over."""

    def send() -> None:
        if codec.seal(data, ROOM):
            return
        left = memoryview(data)
        while left:
            if units := codec.offer(left):
                accepted = len(units) // 2 * BATCH
            else:
                accepted, _ = codec.encode((left,), ROOM)
            if accepted == len(left):
                break
            left = left[accepted:]

    return send


def compare_size(size: int) -> bool:
    """Print the lines of one size; tell whether all bars are met."""
    data = os.urandom(size)
    wire = pack_header(FIN | BINARY, size, masked=True) + KEY + apply_mask(data, KEY)
    lent, view = memoryview(bytearray(wire)), bytearray(size)
    server, client = sides()
    their_server = ServerProtocol(state=OPEN, max_size=None)
    their_client = ClientProtocol(URI, state=OPEN, max_size=None)

    def receive_theirs() -> None:
        their_server.receive_data(wire)
        their_server.events_received()

    def send_theirs(peer: ServerProtocol | ClientProtocol) -> None:
        peer.send_binary(data)
        peer.data_to_send()

    aim = AIM_SMALL if size < LARGE else AIM_LARGE
    lines = (
        ("receive masked", lambda: server.receive_into(lent, len(lent), view, False), receive_theirs),
        ("send as server", sending(server, data), lambda: send_theirs(their_server)),
        ("send as client", sending(client, data), lambda: send_theirs(their_client)),
    )
    met = [compare(f"{name}, {size} B", ours, theirs, aim) for name, ours, theirs in lines]
    return all(met)


def main() -> int:
    """Print the table; return 1 when a bar is missed."""
    prime_allocator()
    for name, value in machine.describe().items():
        print(f"{name:<24} {value}")
    print(f"\n{'a frame':<52} {'median':>10} {'':>5} ratio")
    met = [compare_size(size) for size in SIZES]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
