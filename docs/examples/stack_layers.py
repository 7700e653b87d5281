"""Layers that limit, slow down, copy and show what passes."""

from __future__ import annotations

import logging
import sys

from iochan.channels.buffer import BufferChannel
from iochan.channels.unix import socketpair
from iochan.layers.tee import TeeLayer

logging.basicConfig(stream=sys.stdout, format="%(message)s")
logging.getLogger("iochan.trace").setLevel(logging.DEBUG)

copy = BufferChannel()
near, far = socketpair()
channel = near.layer("trace", show=16).layer("limit", read=8).layer("throttle", rate="1M")

with TeeLayer(channel, read_sink=copy) as stack, far:
    far.write_all(b"more than eight bytes")
    print(stack.read_exactly(8), stack.read())
    print(stack, "read", copy.contents())
