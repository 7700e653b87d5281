"""Rectangles that bring no pixels: size, cursor, name, keys and lights, read by a client."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from iochan.vnc import codes
from iochan.vnc.decode.base import Canvas
from iochan.vnc.errors import RfbError, RfbLimit
from iochan.vnc.feed import Need
from iochan.vnc.framebuffer import MAX_AREA, MAX_SIDE, Cursor, fits
from iochan.vnc.rect import Rect
from iochan.vnc.translate import to_rgb

__all__ = ["MAX_CURSOR", "Desktop", "Screen", "check_size", "parse_pseudo"]

MAX_CURSOR: Final = 512
"""The most pixels that a cursor is wide or high."""

_SCREEN: Final = struct.Struct(">IHHHHI")


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen of a desktop: its number, its place, and flags that only the server understands."""

    number: int
    place: Rect
    flags: int


@dataclass
class Desktop:
    """What a server has said about itself.

    Attributes:
        name: The desktop's.
        screens: Empty until the server has said that it takes requests for a size.
        size_answers: How many requests of this client for a size were answered.
        size_status: The latest answer: 0, or why not (`codes.SIZE_PROHIBITED` and its neighbours).
        scancodes: Whether it takes QEMU's key events.
        extended_mouse: Whether it takes the buttons of a mouse from the eighth on.
        leds: Its lights, bits of `codes.LED_CAPS` and its neighbours; None while it has not said.
    """

    name: str = ""
    screens: tuple[Screen, ...] = ()
    size_answers: int = 0
    size_status: int = 0
    scancodes: bool = False
    extended_mouse: bool = False
    leds: int | None = None


_VMWARE_ALPHA: Final = 1


def check_size(width: int, height: int) -> None:
    """Refuse a screen that no framebuffer can be.

    Raises:
        RfbLimit: It is empty or too large.
    """
    if not fits(width, height):
        message = (
            f"a screen of {width} by {height}: each side must be 1 to {MAX_SIDE}, "
            f"and all at most {MAX_AREA} pixels"
        )
        raise RfbLimit(message)


def parse_pseudo(canvas: Canvas, desktop: Desktop, number: int, area: Rect) -> Need[None]:
    """Parse the rectangle of the pseudo-encoding *number* with the head *area*.

    Raises:
        RfbError: It is no encoding that this client asked for.
    """
    parse = _PARSERS.get(number)
    if parse is None:
        message = f"encoding {number} from the server, which was not asked for"
        raise RfbError(message)
    yield from parse(canvas, desktop, area)


def _desktop_size(canvas: Canvas, _desktop: Desktop, area: Rect) -> Need[None]:
    yield 0
    _resize(canvas, area)


def _resize(canvas: Canvas, area: Rect) -> None:
    check_size(area.width, area.height)
    if (area.width, area.height) != (canvas.framebuffer.width, canvas.framebuffer.height):
        canvas.framebuffer.resize(area.width, area.height)


def _extended_size(canvas: Canvas, desktop: Desktop, area: Rect) -> Need[None]:
    count = (yield 4)[0]
    data = yield count * _SCREEN.size
    reason, status = area.x, area.y
    if reason == codes.SIZE_BY_THIS_CLIENT:
        desktop.size_answers += 1
        desktop.size_status = status
        if status != codes.SIZE_DONE:
            return
    desktop.screens = tuple(
        Screen(number, Rect(*place), flags) for number, *place, flags in _SCREEN.iter_unpack(data)
    )
    _resize(canvas, area)


def _check_cursor(area: Rect) -> None:
    if area.width > MAX_CURSOR or area.height > MAX_CURSOR:
        message = f"a cursor of {area.width} by {area.height}: at most {MAX_CURSOR} each way are taken"
        raise RfbLimit(message)


def _cursor(canvas: Canvas, _desktop: Desktop, area: Rect) -> Need[None]:
    _check_cursor(area)
    data = yield area.area * canvas.form.bytes
    stride = -(-area.width // 8)
    mask = yield stride * area.height
    rgba = np.zeros((area.height, area.width, 4), dtype=np.uint8)
    if area.area:
        rgba[:, :, :3] = to_rgb(canvas.pixels(data)).reshape(area.height, area.width, 3)
        bits = np.unpackbits(np.frombuffer(mask, np.uint8).reshape(area.height, stride), axis=1)
        rgba[:, :, 3] = bits[:, : area.width] * 255
    canvas.framebuffer.set_cursor(Cursor(rgba, area.x, area.y))


def _alpha_cursor(canvas: Canvas, _desktop: Desktop, area: Rect) -> Need[None]:
    _check_cursor(area)
    (encoding,) = struct.unpack(">i", (yield 4))
    if encoding != codes.RAW:
        message = f"a cursor in encoding {encoding}: only raw ones were asked for"
        raise RfbError(message)
    data = yield area.area * 4
    rgba = np.frombuffer(data, np.uint8).reshape(area.height, area.width, 4).copy()
    # The colours come multiplied by how much of them is seen.
    alpha = np.maximum(rgba[:, :, 3:], 1).astype(np.uint16)
    rgba[:, :, :3] = np.minimum(rgba[:, :, :3].astype(np.uint16) * 255 // alpha, 255)
    canvas.framebuffer.set_cursor(Cursor(rgba, area.x, area.y))


def _vmware_cursor(canvas: Canvas, _desktop: Desktop, area: Rect) -> Need[None]:
    """Parse what TigerVNC's server sends to whom asks for it, such as noVNC."""
    _check_cursor(area)
    kind = (yield 2)[0]
    if kind > _VMWARE_ALPHA:
        message = f"a cursor of VMware's kind {kind}: there are 0 and {_VMWARE_ALPHA}"
        raise RfbError(message)
    rgba = np.zeros((area.height, area.width, 4), dtype=np.uint8)
    if kind == _VMWARE_ALPHA:
        rgba[:] = np.frombuffer((yield area.area * 4), np.uint8).reshape(rgba.shape)
    else:
        # Two masks: the pixels below that stay, and what is laid over them; none is shown turned round.
        stays = yield area.area * canvas.form.bytes
        over = yield area.area * canvas.form.bytes
        if area.area:
            rgba[:, :, :3] = to_rgb(canvas.pixels(over)).reshape(area.height, area.width, 3)
            gone = np.frombuffer(stays, np.uint8).reshape(area.height, area.width, -1).any(axis=2)
            rgba[:, :, 3] = np.where(gone, 0, 255)
    canvas.framebuffer.set_cursor(Cursor(rgba, area.x, area.y))


def _name(_canvas: Canvas, desktop: Desktop, _area: Rect) -> Need[None]:
    (length,) = struct.unpack(">I", (yield 4))
    if length > codes.MAX_NAME:
        message = f"a desktop's name of {length} bytes: at most {codes.MAX_NAME} are taken"
        raise RfbLimit(message)
    desktop.name = (yield length).decode("utf-8", "replace")


def _extended_key(_canvas: Canvas, desktop: Desktop, _area: Rect) -> Need[None]:
    yield 0
    desktop.scancodes = True


def _extended_mouse(_canvas: Canvas, desktop: Desktop, _area: Rect) -> Need[None]:
    yield 0
    desktop.extended_mouse = True


def _leds(_canvas: Canvas, desktop: Desktop, _area: Rect) -> Need[None]:
    desktop.leds = (yield 1)[0]


_PARSERS: Final[dict[int, Callable[[Canvas, Desktop, Rect], Need[None]]]] = {
    codes.DESKTOP_SIZE: _desktop_size,
    codes.EXTENDED_DESKTOP_SIZE: _extended_size,
    codes.CURSOR: _cursor,
    codes.CURSOR_WITH_ALPHA: _alpha_cursor,
    codes.VMWARE_CURSOR: _vmware_cursor,
    codes.DESKTOP_NAME: _name,
    codes.QEMU_EXTENDED_KEY: _extended_key,
    codes.EXTENDED_MOUSE: _extended_mouse,
    codes.LED_STATE: _leds,
}
