"""What a viewer sends: any bytes are served, refused with a documented error, or end the connection.

The first byte says whether the bytes begin with the handshake, or come behind a good one.
"""

from __future__ import annotations

from iochan.channels.pair import memory_pair
from iochan.core.blocked import Blocked
from iochan.core.errors import IochanError
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.server import VncServer

HANDSHAKE = b"RFB 003.008\n\x01\x01"
ROOM = 1 << 20
STEPS = 50


def one_input(data: bytes) -> None:
    """Serve one viewer."""
    if not data:
        return
    near, far = memory_pair(ROOM)
    far.write_all((HANDSHAKE if data[0] & 1 else b"") + data[1:])
    far.write_eof()
    room = bytearray(65536)
    op = VncServer(Framebuffer(40, 30)).serve_op(near)
    try:
        for _ in range(STEPS):
            next(op)
            while not isinstance(size := far.try_readinto(room), Blocked) and size:
                pass
    except (StopIteration, IochanError):
        pass
    finally:
        op.close()
        near.abort()
        far.abort()
