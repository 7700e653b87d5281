"""A tape of a VNC session: drawn, or refused by an error of ours."""

from __future__ import annotations

import math

from iochan.core.errors import IochanError
from iochan.core.op import run
from iochan.layers.tape import Kind, Record, Sender
from iochan.vnc.playback import Playback

INIT = b"\0\x10\0\x10" + b"\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0" + b"\0\0\0\1x"


def one_input(data: bytes) -> None:
    """Check one input: pieces of which each begins with its sender and its length."""
    pieces = [(Sender.A, b"\1"), (Sender.B, INIT)]
    while len(data) > 1:
        size = data[0] >> 1
        pieces.append((Sender.B if data[0] & 1 else Sender.A, data[1 : 1 + size]))
        data = data[1 + size :]
    records = (Record(sender, Kind.DATA, 0, piece, 0, 0) for sender, piece in pieces)
    try:
        run(Playback(records).run_op(math.inf))
    except IochanError:
        return
