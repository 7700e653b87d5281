"""WebSocket frames: the codec, in any pieces and views, gives what `websockets` gives for the same wire.

The first byte says which role hears the rest, whether text is taken, and how large the pieces are.
Of a frame that is not whole ours gives a part and `websockets` nothing; a fault in a header it tells when
the payload is whole; and it looks neither at the form and the top bit of a length nor at the UTF-8 of text.
So one payload has to begin the other, and the close codes are one where it has a code and the rule.
"""

from __future__ import annotations

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.uri import WebSocketURI

from iochan.core.codec import STARVED
from iochan.core.errors import TruncatedError
from iochan.core.scratch import SCRATCH_SIZE
from iochan.websocket.closecode import BAD_DATA, PROTOCOL_ERROR
from iochan.websocket.codec import WebSocketCodec
from iochan.websocket.errors import FrameError, WebSocketClosedError
from iochan.websocket.opening import ClientOpening, ServerOpening

ROOM = memoryview(bytearray(SCRATCH_SIZE))
STRICTER = ("shortest form", "a control frame of more than", "top bit", "text that is no UTF-8")
DATA = (Opcode.BINARY, Opcode.TEXT, Opcode.CONT)


def opened(*, server: bool) -> WebSocketCodec:
    """Return one side that has done its handshake."""
    client = WebSocketCodec(ClientOpening("localhost", "/", None, ()), server=False, text=True)
    other = WebSocketCodec(ServerOpening(None, (), ()), server=True, text=True)
    other.receive(memoryview(b"".join(client.outgoing(ROOM))))
    client.receive(memoryview(b"".join(other.outgoing(ROOM))))
    return other if server else client


def ours(codec: WebSocketCodec, wire: bytes, size: int) -> tuple[bytes, int | None, bool]:
    """Return the payload, the close code that came or was sent, and whether only ours has the rule."""
    got, view = bytearray(), bytearray(size + 1)
    try:
        for start in range(0, len(wire), size):
            piece = memoryview(wire[start : start + size])
            put = codec.receive_into(piece, len(piece), view, relaxed_eof=False)
            while put > 0:
                got += view[:put]
                put = codec.decode_into(view)
            if put == 0:
                break
            assert put == STARVED
            assert codec.starved
    except FrameError as error:
        stricter = any(words in str(error) for words in STRICTER)
        return bytes(got), error.code, stricter
    except (WebSocketClosedError, TruncatedError):
        pass
    return bytes(got), codec.close_code, False


def theirs(wire: bytes, *, server: bool) -> tuple[bytes, int | None]:
    """Return the payload of whole frames, and the close code that came or was sent."""
    uri = WebSocketURI(secure=False, host="localhost", port=80, path="/", query="")
    protocol: ServerProtocol | ClientProtocol = (
        ServerProtocol(state=OPEN, max_size=None)
        if server
        else ClientProtocol(uri, state=OPEN, max_size=None)
    )
    protocol.receive_data(wire)
    got = b"".join(bytes(event.data) for event in protocol.events_received() if event.opcode in DATA)  # type: ignore[union-attr]
    if protocol.close_rcvd is not None:
        return got, int(protocol.close_rcvd.code)
    return got, None if protocol.close_sent is None else int(protocol.close_sent.code)


def one_input(data: bytes) -> None:
    """Check one input; a difference is a finding."""
    if not data:
        return
    server, size, wire = bool(data[0] & 1), 1 + (data[0] >> 1), data[1:]
    got, code, stricter = ours(opened(server=server), wire, size)
    whole, expected = theirs(wire, server=server)
    if stricter:
        assert whole.startswith(got) or got.startswith(whole)
    else:
        assert got.startswith(whole)
        assert (
            code == expected
            or (expected is None and code is not None)
            # A close with a wrong code and a wrong reason too: either may be told.
            or (code, expected) == (PROTOCOL_ERROR, BAD_DATA)
        ), (code, expected)
