"""What decoders draw on, and what each of them does."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from iochan.vnc.errors import RfbError
from iochan.vnc.feed import Need
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.pixelformat import PixelArray, PixelFormat
from iochan.vnc.rect import Rect
from iochan.vnc.translate import Pixels, from_rgb, reader

__all__ = ["Canvas", "Decoder", "check_inside"]


class Canvas:
    """A client's framebuffer, and the format in which pixels for it come.

    Args:
        framebuffer: What is drawn into.
        form: What the client asked for.

    Attributes:
        colours: The map of a format without true colour: 256 pixels, black until the server says.
    """

    def __init__(self, framebuffer: Framebuffer, form: PixelFormat) -> None:
        self.framebuffer = framebuffer
        self.colours: Pixels = np.zeros(256, dtype=np.uint32)
        self.set_form(form)

    def set_form(self, form: PixelFormat) -> None:
        """Have pixels in *form* from now on."""
        self.form = form
        self._read = reader(form) if form.true_colour else self._look_up

    def _look_up(self, numbers: PixelArray) -> Pixels:
        return self.colours[numbers]

    @property
    def compact_size(self) -> int:
        """Bytes of a CPIXEL."""
        return 3 if self.form.compact else self.form.bytes

    @property
    def tight_size(self) -> int:
        """Bytes of a TPIXEL."""
        return 3 if self.form.rgb else self.form.bytes

    def pixels(self, data: bytes) -> Pixels:
        """Return what the pixels in *data* look like."""
        return self._read(np.frombuffer(data, self.form.dtype))

    def compact(self, data: bytes) -> Pixels:
        """Return what the CPIXELs in *data* look like."""
        if self.form.compact is None:
            return self.pixels(data)
        start, end = self.form.compact
        rows = np.zeros((len(data) // 3, 4), dtype=np.uint8)
        rows[:, start:end] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return self._read(rows.reshape(-1).view(self.form.dtype))

    def tight(self, data: bytes) -> Pixels:
        """Return what the TPIXELs in *data* look like."""
        if not self.form.rgb:
            return self.pixels(data)
        return from_rgb(np.frombuffer(data, np.uint8).reshape(-1, 3))

    def paint(self, area: Rect, pixels: Pixels) -> None:
        """Show *pixels*, one for each of *area*."""
        self.framebuffer.pixels[area.rows, area.columns] = pixels.reshape(area.height, area.width)

    def fill(self, area: Rect, pixel: Pixels) -> None:
        """Show the one *pixel* in all of *area*."""
        self.framebuffer.pixels[area.rows, area.columns] = pixel[0]


class Decoder(ABC):
    """One encoding of one server; it keeps that server's streams."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    @abstractmethod
    def decode(self, area: Rect) -> Need[None]:
        """Parse what comes for *area*, which lies on the screen, and draw it."""


def check_inside(inner: Rect, outer: Rect, what: str) -> None:
    """Refuse an *inner* rectangle that is not within *outer*.

    Raises:
        RfbError: It is not.
    """
    if not inner.within(outer):
        message = f"{what} of {inner.width} by {inner.height} at ({inner.x}, {inner.y}) leaves its rectangle"
        raise RfbError(message)
