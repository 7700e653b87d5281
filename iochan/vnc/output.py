"""What one viewer is sent: small messages at once, updates when it wants them and has taken the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from iochan.core import clock
from iochan.vnc import codes
from iochan.vnc.clientmessage import FenceMessage
from iochan.vnc.coding import Coding
from iochan.vnc.encode.base import Encoder
from iochan.vnc.encode.encoded import Streams
from iochan.vnc.encode.hextile import HextileEncoder
from iochan.vnc.encode.raw import RawEncoder, ZlibEncoder
from iochan.vnc.encode.rre import RreEncoder
from iochan.vnc.encode.tight import TightEncoder, TightPngEncoder
from iochan.vnc.encode.zrle import ZrleEncoder
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.pace import Pace
from iochan.vnc.pixelformat import RGB888, PixelFormat
from iochan.vnc.rect import Rect
from iochan.vnc.update import (
    alpha_cursor_rect,
    colour_map,
    cursor_rect,
    extended_size_rect,
    name_rect,
    rect_head,
    update_head,
    update_pieces,
)
from iochan.vnc.view import View
from iochan.vnc.wishes import Wishes

__all__ = ["Counts", "Options", "Output"]

_NOWHERE: Final = Rect(0, 0, 0, 0)
_DENSE: Final = 4.0
"""Bytes that a pixel is taken for before any was sent."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a server treats each of its viewers.

    Attributes:
        rate: Updates a second at most.
        behind: Seconds of its line's work that may be on the way to a viewer that tells by fences what it has
            seen, beside what the line itself takes.
        stall: Seconds after which a viewer that takes nothing is given up.
    """

    rate: float = 60.0
    behind: float = 0.06
    stall: float = 60.0


@dataclass
class Counts:
    """What a viewer was sent.

    Attributes:
        updates: How many updates.
        rects: How many rectangles with pixels.
        bytes: How many bytes they had, without their heads.
    """

    updates: int = 0
    rects: int = 0
    bytes: int = 0


class Output:
    """Decides what goes next; a session asks for it piece by piece.

    Attributes:
        counts: What was sent.
        wishes: What the viewer can take.
        view: What it has yet to be shown.
    """

    def __init__(
        self, framebuffer: Framebuffer, name: str, wake: Callable[[], None], options: Options
    ) -> None:
        self.counts = Counts()
        self.wishes = Wishes()
        self.view = View(framebuffer, wake)
        self._framebuffer = framebuffer
        self._wake = wake
        self._options = options
        self._name = name
        self._form = RGB888
        self._encoder: Encoder = RawEncoder()
        self._streams: dict[int, Streams] = {}
        self._messages: list[bytes] = []
        self._extras: list[bytes] = []
        self._pieces: Iterator[bytes] | None = None
        self._wanted: Rect | None = None
        self._continuous: Rect | None = None
        self._pace: Pace | None = None
        self._density = _DENSE
        self._next = 0.0

    @property
    def owed(self) -> int:
        """Bytes of small messages that wait."""
        return sum(map(len, self._messages))

    def close(self) -> None:
        """Watch the framebuffer no more."""
        self.view.close()

    def send(self, message: bytes) -> None:
        """Send a small *message* before the next update; any thread may call it."""
        with self._framebuffer.lock:
            self._messages.append(message)
            self._wake()

    def set_form(self, form: PixelFormat) -> None:
        """Use *form* from the next update on."""
        self._form = form
        if not form.true_colour:
            self.send(colour_map())

    def set_wishes(self, wishes: Wishes) -> None:
        """Use what the viewer can take from the next update on, and answer what asks for an answer."""
        news = wishes.news(self.wishes)
        self.wishes = wishes
        self._encoder = _make(wishes)
        self.view.copies = codes.COPY_RECT in wishes
        if codes.FENCES in news:
            self._pace = Pace(self._options.behind)
            self.send(FenceMessage(codes.FENCE_REQUEST, self._pace.mark()).pack())
        if codes.CONTINUOUS_UPDATES in news:
            self.send(bytes([codes.END_OF_CONTINUOUS]))
        if codes.QEMU_EXTENDED_KEY in news:
            self._extras.append(rect_head(_NOWHERE, codes.QEMU_EXTENDED_KEY))
        if codes.EXTENDED_MOUSE in news:
            self._extras.append(rect_head(_NOWHERE, codes.EXTENDED_MOUSE))
        if codes.DESKTOP_NAME in news:
            self.set_name(self._name)
        if news & {codes.CURSOR, codes.CURSOR_WITH_ALPHA}:
            self.view.new_cursor = self._framebuffer.cursor is not None
        if codes.EXTENDED_DESKTOP_SIZE in news:
            self.view.new_size = True

    def request(self, area: Rect, *, incremental: bool) -> None:
        """Note that the viewer wants to see *area*: what is new in it, or all of it."""
        if not incremental:
            self.view.request(area)
            if codes.EXTENDED_DESKTOP_SIZE in self.wishes:
                self.view.new_size = True
        self._wanted = area if self._wanted is None else _both(self._wanted, area)
        self.view.awaited = True

    def set_continuous(self, area: Rect, *, on: bool) -> None:
        """Send updates of *area* unasked, or no more."""
        if not on and self._continuous is not None:
            self.send(bytes([codes.END_OF_CONTINUOUS]))
        self._continuous = area if on else None
        self.view.awaited = on or self._wanted is not None

    def seen(self, payload: bytes) -> None:
        """Note that the viewer has answered a fence with *payload*."""
        if self._pace is not None:
            self._pace.answered(payload)

    def set_name(self, name: str) -> None:
        """Tell that the desktop is called *name*."""
        self._name = name
        self._extra(codes.DESKTOP_NAME, name_rect(name))

    def set_leds(self, leds: int) -> None:
        """Tell which lights are on."""
        self._extra(codes.LED_STATE, rect_head(_NOWHERE, codes.LED_STATE) + bytes([leds]))

    def _extra(self, number: int, rect: bytes) -> None:
        """Send *rect* with the next update, in the place of what it makes old."""
        if number not in self.wishes:
            return
        with self._framebuffer.lock:
            head = rect[:12]
            self._extras = [other for other in self._extras if other[:12] != head] + [rect]
            self._wake()

    def tell_size(self, reason: int, status: int) -> None:
        """Answer a request for a size at once, or tell of one that another viewer made."""
        screen = self.view.accept_size() if status == codes.SIZE_DONE else self._framebuffer.screen
        self.send(update_head(1) + extended_size_rect(screen, reason, status))

    def due(self) -> float | None:
        """Return when there is something to send: a time, or None while it depends on others."""
        if self._messages or self._pieces is not None:
            return 0.0
        area = self._area()
        if area is None or not (self._news() or self.view.pending(area)):
            return None
        return self._next

    def next_piece(self) -> bytes | None:
        """Return the next bytes for the viewer; None if there is nothing to send now."""
        with self._framebuffer.lock:
            if self._messages and self._pieces is None:
                data = b"".join(self._messages)
                self._messages.clear()
                return data
            if self._pieces is None:
                due = self.due()
                if due is None or due > clock.now():
                    return None
                self._begin()
        pieces = self._pieces
        assert pieces is not None
        piece = next(pieces, None)
        if piece is None:
            self._pieces = None
            return self.next_piece() if self._messages else None
        return piece

    def _area(self) -> Rect | None:
        """Return what the viewer wants to see now; None for nothing."""
        if self._wanted is not None:
            return self._wanted
        return self._continuous if self._pace is None or self._pace.room else None

    def _news(self) -> bool:
        """Tell whether there is something to tell besides pixels."""
        view, wishes = self.view, self.wishes
        return (
            bool(self._extras)
            or (view.new_size and wishes.resizes)
            or (view.new_cursor and (codes.CURSOR in wishes or codes.CURSOR_WITH_ALPHA in wishes))
        )

    def _begin(self) -> None:
        """Begin an update; the framebuffer's lock is held."""
        area = self._area()
        assert area is not None
        asked, pace = self._wanted is not None, self._pace
        self._wanted = None
        self.view.awaited = self._continuous is not None
        self.counts.updates += 1
        if self.view.new_size and self.wishes.resizes:
            # A new size goes alone: the pixels come when they are asked for, or right behind it.
            self._pieces = iter((self._size_update(),))
            return
        changes = self.view.take(area, None if asked or pace is None else int(pace.room / self._density))
        pixels = sum(shown.area.area for shown in changes.shown)
        pieces = update_pieces(self._take_extras(), changes, self._coding(), self._note)
        self._pieces = self._measured(pieces, pixels)
        self._next = clock.now() + 1 / self._options.rate

    def _measured(self, pieces: Iterator[bytes], pixels: int) -> Iterator[bytes]:
        """Yield the *pieces* of an update of *pixels*, and a fence if the viewer knows them."""
        size = 0
        for piece in pieces:
            size += len(piece)
            if self._pace is not None:
                self._pace.sent(len(piece))
            yield piece
        if pixels:
            dense = size / pixels
            # What takes more than before counts at once, what takes less little by little.
            self._density = max(dense, (3 * self._density + dense) / 4)
        if self._pace is not None:
            yield FenceMessage(codes.FENCE_REQUEST | codes.FENCE_BLOCK_BEFORE, self._pace.mark()).pack()

    def _size_update(self) -> bytes:
        screen = self.view.accept_size()
        if codes.EXTENDED_DESKTOP_SIZE in self.wishes:
            return update_head(1) + extended_size_rect(screen, codes.SIZE_BY_SERVER, codes.SIZE_DONE)
        return update_head(1) + rect_head(screen, codes.DESKTOP_SIZE)

    def _take_extras(self) -> list[bytes]:
        extras, self._extras = self._extras, []
        cursor = self._framebuffer.cursor
        if self.view.new_cursor and cursor is not None:
            if codes.CURSOR_WITH_ALPHA in self.wishes:
                extras.append(alpha_cursor_rect(cursor))
            elif codes.CURSOR in self.wishes:
                extras.append(cursor_rect(cursor, self._form))
        self.view.new_cursor = False
        return extras

    def _coding(self) -> Coding:
        streams = self._streams.setdefault(self.wishes.encoding, Streams())
        return Coding(self._encoder, self._form, streams)

    def _note(self, _area: Rect, _number: int, size: int) -> None:
        self.counts.rects += 1
        self.counts.bytes += size


def _make(wishes: Wishes) -> Encoder:
    """Return an encoder for the client's favourite encoding."""
    level = wishes.level
    encoders: dict[int, Callable[[], Encoder]] = {
        codes.RAW: RawEncoder,
        codes.RRE: RreEncoder,
        codes.HEXTILE: HextileEncoder,
        codes.ZLIB: lambda: ZlibEncoder(level),
        codes.ZRLE: lambda: ZrleEncoder(level),
        codes.TIGHT: lambda: TightEncoder(level, wishes.quality),
        codes.TIGHT_PNG: lambda: TightPngEncoder(level, wishes.quality),
    }
    return encoders[wishes.encoding]()


def _both(one: Rect, other: Rect) -> Rect:
    """Return the smallest rectangle that has both."""
    x, y = min(one.x, other.x), min(one.y, other.y)
    return Rect(x, y, max(one.right, other.right) - x, max(one.bottom, other.bottom) - y)
