"""What a viewer sends: any bytes are served, refused with a documented error, or end the connection.

The first byte says whether the bytes begin with the handshake, or come behind a good one.
"""

from __future__ import annotations

from fuzz.step import drive
from iochan.channels.pair import memory_pair
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.server import VncServer

HANDSHAKE = b"RFB 003.008\n\x01\x01"
ROOM = 1 << 20


def one_input(data: bytes) -> None:
    """Serve one viewer."""
    if not data:
        return
    near, far = memory_pair(ROOM)
    far.write_all((HANDSHAKE if data[0] & 1 else b"") + data[1:])
    far.write_eof()
    drive(VncServer(Framebuffer(40, 30)).serve_op(near), near, far)
