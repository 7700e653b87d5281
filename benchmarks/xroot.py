"""A picture on the root window of an X server, by the few requests of the X11 protocol that it takes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from iochan.core.opening import connect

__all__ = ["showing"]

_STRIP = 30
"""Rows of one request, which may have 256 KiB."""


@contextmanager
def showing(display: str, picture: NDArray[np.uint8]) -> Iterator[None]:
    """Have the root window of the X server *display*, of 24 bits, show *picture* while the block runs."""
    height, width, _ = picture.shape
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[:, :, :3] = picture[:, :, ::-1]
    with connect(f"unix:/tmp/.X11-unix/X{display}") as x:
        x.write_all(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        units = struct.unpack_from("<H", x.read_exactly(8), 6)[0]
        facts = x.read_exactly(4 * units)
        base, vendor, formats = (*struct.unpack_from("<4xI8xH", facts), facts[21])
        (root,) = struct.unpack_from("<I", facts, 32 + (vendor + 3) // 4 * 4 + 8 * formats)
        pixmap, context = base, base + 1
        x.write_all(struct.pack("<BBHIIHH", 53, 24, 4, pixmap, root, width, height))
        x.write_all(struct.pack("<BxHIII", 55, 4, context, pixmap, 0))
        for y in range(0, height, _STRIP):
            data = pixels[y : y + _STRIP].tobytes()
            rows = len(data) // width // 4
            units = 6 + len(data) // 4
            place = (width, rows, 0, y)
            head = struct.pack("<BBHIIHHHHBBxx", 72, 2, units, pixmap, context, *place, 0, 24)
            x.write_all(head + data)
        x.write_all(struct.pack("<BxHIII", 2, 4, root, 1, pixmap))
        x.write_all(struct.pack("<BxHIHHHH", 61, 4, root, 0, 0, 0, 0))
        x.write_all(struct.pack("<BxH", 43, 1))
        x.read_exactly(32)  # an answer, so all has been done, or an error
        yield
