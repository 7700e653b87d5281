"""What a server says once the handshake is done, read by a client: RFC 6143, 7.6, and extensions."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from iochan.vnc import codes
from iochan.vnc.clientmessage import CutText, FenceMessage, parse_fence
from iochan.vnc.clipboard import ClipboardMessage, parse_clipboard
from iochan.vnc.decode.base import Canvas, Decoder
from iochan.vnc.decode.hextile import HextileDecoder
from iochan.vnc.decode.raw import CopyDecoder, RawDecoder, ZlibDecoder
from iochan.vnc.decode.rre import RreDecoder
from iochan.vnc.decode.tight import TightDecoder
from iochan.vnc.decode.zrle import ZrleDecoder
from iochan.vnc.errors import RfbError, RfbLimit
from iochan.vnc.feed import Need
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.pixelformat import PixelFormat
from iochan.vnc.pseudo import Desktop, parse_pseudo
from iochan.vnc.rect import Rect

__all__ = ["Bell", "ColourMap", "EndOfContinuous", "ServerMessage", "ServerMessages", "Update"]

_HEAD: Final = struct.Struct(">HHHHi")


@dataclass(frozen=True, slots=True)
class Update:
    """The framebuffer shows something new; all of it is drawn.

    Attributes:
        areas: What was drawn, without what was only said.
        resized: Whether the framebuffer has another size.
    """

    areas: tuple[Rect, ...]
    resized: bool


@dataclass(frozen=True, slots=True)
class Bell:
    """The server rings."""


@dataclass(frozen=True, slots=True)
class ColourMap:
    """*count* colours of the map have changed; pixels drawn before are not drawn again."""

    count: int


@dataclass(frozen=True, slots=True)
class EndOfContinuous:
    """Updates come only when they are asked for, from now on; the first one says that they could."""


ServerMessage: TypeAlias = (
    Update | Bell | ColourMap | CutText | ClipboardMessage | FenceMessage | EndOfContinuous
)


@dataclass
class ServerMessages:
    """Parses messages and draws updates into a framebuffer.

    Attributes:
        framebuffer: What is drawn into.
        form: The format that the client has asked for.
        desktop: What the server has said about itself and its screen.
    """

    framebuffer: Framebuffer
    form: PixelFormat
    desktop: Desktop = field(default_factory=Desktop)

    def __post_init__(self) -> None:
        canvas = Canvas(self.framebuffer, self.form)
        self._canvas = canvas
        tight = TightDecoder(canvas)
        self._decoders: dict[int, Decoder] = {
            codes.RAW: RawDecoder(canvas),
            codes.COPY_RECT: CopyDecoder(canvas),
            codes.RRE: RreDecoder(canvas),
            codes.HEXTILE: HextileDecoder(canvas),
            codes.ZLIB: ZlibDecoder(canvas),
            codes.TIGHT: tight,
            codes.ZRLE: ZrleDecoder(canvas),
            # The control byte tells the two apart.
            codes.TIGHT_PNG: tight,
        }
        self._parsers: dict[int, Callable[[], Need[ServerMessage]]] = {
            codes.UPDATE: self._update,
            codes.SET_COLOUR_MAP: self._colour_map,
            codes.BELL: _bell,
            codes.SERVER_CUT_TEXT: _cut_text,
            codes.END_OF_CONTINUOUS: _end_of_continuous,
            codes.FENCE: parse_fence,
        }

    def set_form(self, form: PixelFormat) -> None:
        """Have pixels in *form* from the next update on."""
        self.form = form
        self._canvas.set_form(form)

    def parse(self) -> Need[ServerMessage]:
        """Parse one message.

        Raises:
            RfbError: It is none, or does not fit the screen.
            RfbLimit: It is larger than it may be.
        """
        number = (yield 1)[0]
        parse = self._parsers.get(number)
        if parse is None:
            message = f"message {number} from the server is unknown, so its end is too: close the connection"
            raise RfbError(message)
        return (yield from parse())

    def _update(self) -> Need[Update]:
        (count,) = struct.unpack(">xH", (yield 3))
        areas: list[Rect] = []
        before = self.framebuffer.pixels
        for _ in range(count):
            *place, number = _HEAD.unpack((yield _HEAD.size))
            area = Rect(*place)
            if number == codes.LAST_RECT:
                break
            decoder = self._decoders.get(number)
            if decoder is None:
                yield from parse_pseudo(self._canvas, self.desktop, number, area)
                continue
            if not area.within(self.framebuffer.screen):
                message = (
                    f"a rectangle of {area.width} by {area.height} at ({area.x}, {area.y}) leaves the screen "
                    f"of {self.framebuffer.width} by {self.framebuffer.height}"
                )
                raise RfbError(message)
            if area.area:
                yield from decoder.decode(area)
                areas.append(area)
        for area in areas:
            self.framebuffer.damage(area)
        return Update(tuple(areas), self.framebuffer.pixels is not before)

    def _colour_map(self) -> Need[ColourMap]:
        first, count = struct.unpack(">xHH", (yield 5))
        colours = self._canvas.colours
        if first + count > len(colours):
            message = f"{count} colours from {first} on: the map of 8-bit pixels has {len(colours)}"
            raise RfbLimit(message)
        wide = np.frombuffer((yield 6 * count), ">u2").reshape(count, 3).astype(np.uint32) >> 8
        colours[first : first + count] = wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]
        return ColourMap(count)


def _bell() -> Need[Bell]:
    yield 0
    return Bell()


def _end_of_continuous() -> Need[EndOfContinuous]:
    yield 0
    return EndOfContinuous()


def _cut_text() -> Need[CutText | ClipboardMessage]:
    (length,) = struct.unpack(">3xi", (yield 7))
    if abs(length) > codes.MAX_CUT_TEXT:
        message = f"a clipboard of {abs(length)} bytes: at most {codes.MAX_CUT_TEXT} are taken"
        raise RfbLimit(message)
    data = yield abs(length)
    return parse_clipboard(data) if length < 0 else CutText(data.decode("latin-1"))
