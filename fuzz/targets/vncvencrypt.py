"""VeNCrypt, both roles: any bytes are answered, or refused with a documented error.

The first byte says whether they come to a server that offers one subtype, or to a client; whether TLS would
begin, which is no part of this.
"""

from __future__ import annotations

from fuzz.step import hear
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
    hear(
        data,
        (
            lambda channel: offer_op(channel, codes.X509_VNC, begin),
            lambda channel: offer_op(channel, codes.VENCRYPT_PLAIN, None),
            lambda channel: choose_op(channel, WANTED, begin),
            lambda channel: choose_op(channel, WANTED[-1:], None),
        ),
    )
