"""A codec behind its opening handshake."""

from __future__ import annotations

from iochan.core.scratch import SCRATCH_SIZE
from iochan.websocket.codec import WebSocketCodec
from iochan.websocket.opening import ClientOpening, ServerOpening

__all__ = ["opened"]

ROOM = memoryview(bytearray(SCRATCH_SIZE))


def opened(*, server: bool, text: bool = False) -> WebSocketCodec:
    """Return one side that has done its handshake."""
    client = WebSocketCodec(ClientOpening("localhost", "/", None, ()), server=False, text=text and not server)
    other = WebSocketCodec(ServerOpening(None, (), ()), server=True, text=text and server)
    other.receive(memoryview(b"".join(client.outgoing(ROOM))))
    client.receive(memoryview(b"".join(other.outgoing(ROOM))))
    assert client.step()
    assert other.step()
    return other if server else client
