"""The decoders of rectangles: whatever bytes there are, nothing outside the rectangle changes.

The first byte says which encoding, the second which pixel format, four more where the rectangle is.
"""

from __future__ import annotations

import contextlib
import struct

import numpy as np

from iochan.vnc import codes
from iochan.vnc.errors import RfbError
from iochan.vnc.feed import Feed
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.pixelformat import PixelFormat
from iochan.vnc.servermessage import ServerMessages

ENCODINGS = (
    codes.RAW, codes.COPY_RECT, codes.RRE, codes.HEXTILE,
    codes.ZLIB, codes.TIGHT, codes.ZRLE, codes.TIGHT_PNG,
)  # fmt: skip
FORMS = tuple(
    PixelFormat.unpack(bytes.fromhex(text))
    for text in (
        "2018000100ff00ff00ff100800000000",
        "10100101001f003f001f0b0500000000",
        "08080001000700070003000306000000",
    )
)
WIDTH, HEIGHT = 100, 70
MARK = 0x123456


def one_input(data: bytes) -> None:
    """Decode one rectangle."""
    if len(data) < 6:
        return
    encoding, form = ENCODINGS[data[0] % len(ENCODINGS)], FORMS[data[1] % len(FORMS)]
    x, y = data[2] % WIDTH, data[3] % HEIGHT
    width, height = data[4] % (WIDTH - x) + 1, data[5] % (HEIGHT - y) + 1
    framebuffer = Framebuffer(WIDTH, HEIGHT)
    framebuffer.pixels[:] = MARK
    messages = ServerMessages(framebuffer, form)
    feed = Feed(messages.parse)
    feed.put(struct.pack(">BxH4Hi", codes.UPDATE, 1, x, y, width, height, encoding))
    feed.put(data[6:])
    with contextlib.suppress(RfbError):
        feed.next()
    framebuffer.pixels[y : y + height, x : x + width] = MARK
    assert np.all(framebuffer.pixels == MARK), "pixels outside the rectangle"
