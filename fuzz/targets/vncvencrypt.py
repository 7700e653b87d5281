"""VeNCrypt, both roles: any bytes are answered, or refused with a documented error.

The first byte says whether they come to a server that offers one subtype, or to a client; whether TLS would
begin, which is no part of this.
"""

from __future__ import annotations

from collections.abc import Callable

from fuzz.step import drive
from iochan.channels.pair import memory_pair
from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.vnc import codes
from iochan.vnc.vencrypt import choose_op, offer_op

WANTED = (codes.X509_PLAIN, codes.X509_VNC, codes.TLS_NONE, codes.VENCRYPT_PLAIN)


def begin(channel: Channel) -> Op[Channel]:
    """Take the place of what starts TLS."""
    yield from channel.write_all_op(b"hello")
    return channel


def one_input(data: bytes) -> None:
    """Take one side's bytes."""
    if not data:
        return
    near, far = memory_pair()
    far.write_all(data[1:60_000])
    far.write_eof()
    roles: tuple[Callable[[], Op[object]], ...] = (
        lambda: offer_op(near, codes.X509_VNC, begin),
        lambda: offer_op(near, codes.VENCRYPT_PLAIN, None),
        lambda: choose_op(near, WANTED, begin),
        lambda: choose_op(near, WANTED[-1:], None),
    )
    drive(roles[data[0] % len(roles)](), near, far)
