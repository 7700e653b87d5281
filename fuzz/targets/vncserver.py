"""What a VNC server sends: any bytes change the picture within its bounds, or are refused as documented."""

from __future__ import annotations

from iochan.channels.pair import memory_pair
from iochan.core.errors import IochanError
from iochan.core.op import Op
from iochan.vnc.client import VncClient

HANDSHAKE = b"RFB 003.008\n\x01\x01\x00\x00\x00\x00"
FORM = b"\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00"
WELCOME = b"\x00\x28\x00\x1e" + FORM + b"\x00\x00\x00\x01x"
ROOM = 1 << 20
STEPS = 50
MOST_PIXELS = 1 << 26


def see_op(client: Op[VncClient]) -> Op[None]:
    """Connect, and take messages until the server is gone."""
    vnc = yield from client
    while (yield from vnc.receive_op()) is not None:
        assert vnc.framebuffer.width * vnc.framebuffer.height <= MOST_PIXELS


def one_input(data: bytes) -> None:
    """Be the client of one server; the first byte says how much of a good handshake goes before."""
    if not data:
        return
    near, far = memory_pair(ROOM)
    before = (b"", HANDSHAKE, HANDSHAKE + WELCOME, HANDSHAKE + WELCOME)[data[0] & 3]
    far.write_all(before + data[1:])
    far.write_eof()
    op = see_op(VncClient.connect_op(near))
    try:
        for _ in range(STEPS):
            next(op)
    except (StopIteration, IochanError):
        pass
    finally:
        op.close()
        near.abort()
        far.abort()
