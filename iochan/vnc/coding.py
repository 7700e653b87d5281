"""How one viewer is sent pixels: its encoder, its pixel format, its streams."""

from __future__ import annotations

from dataclasses import dataclass

from iochan.vnc.encode.base import Encoder
from iochan.vnc.encode.encoded import Streams
from iochan.vnc.pixelformat import PixelFormat
from iochan.vnc.shown import Part, Shown
from iochan.vnc.translate import writer

__all__ = ["Coding"]


@dataclass(frozen=True, slots=True)
class Coding:
    """What is chosen for a viewer.

    Attributes:
        encoder: For the pixels.
        form: How the viewer wants them.
        streams: The viewer's, for this encoding.
    """

    encoder: Encoder
    form: PixelFormat
    streams: Streams

    def parts(self, shown: Shown) -> list[Part]:
        """Return the rectangles in which *shown* is sent."""
        key = self.encoder.key, self.form
        parts = shown.parts.get(key)
        if parts is None:
            area, numbers = shown.area, writer(self.form)(shown.pixels)
            parts = [
                Part(part, numbers[part.moved(-area.x, -area.y).rows, part.moved(-area.x, -area.y).columns],
                     shown.shared)
                for part in self.encoder.split(area, numbers)
            ]  # fmt: skip
            shown.parts[key] = parts
        return parts

    def wire(self, part: Part) -> tuple[int, bytes]:
        """Return the number of the encoding that was chosen for *part*, and what follows its head."""
        # In this order: another thread may encode it meanwhile.
        numbers = part.numbers
        encoded = part.encoded
        if encoded is None:
            assert numbers is not None
            encoded = self.encoder.encode(numbers, self.form)
            if part.shared:
                part.encoded = encoded
            part.numbers = None
        return encoded.number, self.streams.wire(encoded, self.encoder.level, shared=part.shared)
