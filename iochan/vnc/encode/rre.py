"""RRE: a background, and rectangles of one colour on it (RFC 6143, 7.7.3)."""

from __future__ import annotations

import struct
from typing import ClassVar

import numpy as np
from typing_extensions import override

from iochan.vnc import codes
from iochan.vnc.encode.base import Encoder, pixel_bytes
from iochan.vnc.encode.encoded import Encoded
from iochan.vnc.encode.runs import find_runs
from iochan.vnc.pixelformat import PixelArray, PixelFormat

__all__ = ["RreEncoder"]


class RreEncoder(Encoder):
    """Good for areas of few colours; others go as Raw, when that is less."""

    number: ClassVar[int] = codes.RRE

    @override
    def encode(self, pixels: PixelArray, form: PixelFormat) -> Encoded:
        height, width = pixels.shape
        # A mark behind each row, which no pixel is, ends its last run.
        marked = np.full((height, width + 1), -1, dtype=np.int64)
        marked[:, :width] = pixels
        runs = find_runs(marked.reshape(-1))
        kept = runs.values >= 0
        values = runs.values[kept].astype(pixels.dtype)
        starts, lengths = runs.starts[kept], runs.lengths[kept]
        colours, index = np.unique(values, return_inverse=True)
        weights = np.bincount(index.reshape(-1), lengths)
        background = colours[int(weights.argmax())]
        other = values != background
        count = int(other.sum())
        if count * (form.bytes + 8) > pixels.size * form.bytes:
            return Encoded(codes.RAW, pixel_bytes(pixels, form))
        places = np.empty((count, 4), dtype=">u2")
        places[:, 0] = starts[other] % (width + 1)
        places[:, 1] = starts[other] // (width + 1)
        places[:, 2] = lengths[other]
        places[:, 3] = 1
        colour_bytes = np.frombuffer(pixel_bytes(values[other], form), np.uint8).reshape(count, form.bytes)
        parts = np.concatenate((colour_bytes, places.view(np.uint8).reshape(count, 8)), axis=1)
        head = struct.pack(">I", count) + pixel_bytes(np.asarray([background], pixels.dtype), form)
        return Encoded(codes.RRE, head + parts.tobytes())
