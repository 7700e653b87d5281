"""Framebuffer updates as they go over the wire (RFC 6143, 7.6.1)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from iochan.vnc import codes
from iochan.vnc.clipboard import ClipboardMessage
from iochan.vnc.coding import Coding
from iochan.vnc.framebuffer import Cursor
from iochan.vnc.pixelformat import PixelFormat
from iochan.vnc.rect import Rect
from iochan.vnc.translate import DEFAULT_MAP, from_rgb, to_rgb, writer
from iochan.vnc.view import Changes

__all__ = [
    "alpha_cursor_rect",
    "clipboard_bytes",
    "colour_map",
    "cursor_rect",
    "extended_size_rect",
    "name_rect",
    "rect_head",
    "update_head",
    "update_pieces",
]

_HEAD: Final = struct.Struct(">HHHHi")
_MOST_RECTS: Final = 32768


def update_head(count: int) -> bytes:
    """Return the head of an update of *count* rectangles."""
    return struct.pack(">BxH", codes.UPDATE, count)


def rect_head(area: Rect, number: int) -> bytes:
    """Return the head of the rectangle *area* in the encoding *number*."""
    return _HEAD.pack(*area, number)


def update_pieces(
    extras: Sequence[bytes], changes: Changes, coding: Coding, note: Callable[[Rect, int, int], None]
) -> Iterator[bytes]:
    """Yield the pieces of an update, each encoded when it is asked for.

    Args:
        extras: Whole rectangles that bring no pixels.
        changes: What to show; pixels as they were when it was taken.
        coding: How the client is sent pixels.
        note: Told of each rectangle with pixels: where, in which encoding, and how many bytes it took.
    """
    copies = [
        rect_head(target, codes.COPY_RECT) + struct.pack(">HH", source.x, source.y)
        for source, target in changes.copies
    ]
    todo = [part for shown in changes.shown for part in coding.parts(shown)]
    first = [*extras, *copies]
    yield update_head(len(first) + len(todo[:_MOST_RECTS])) + b"".join(first)
    # What has more rectangles than a count can say goes as several updates.
    for start in range(0, len(todo), _MOST_RECTS):
        batch = todo[start : start + _MOST_RECTS]
        if start:
            yield update_head(len(batch))
        for part in batch:
            number, data = coding.wire(part)
            note(part.area, number, len(data))
            yield rect_head(part.area, number) + data


def extended_size_rect(screen: Rect, reason: int, status: int) -> bytes:
    """Return the rectangle that tells the size of a desktop of one screen, and why."""
    head = rect_head(Rect(reason, status, screen.width, screen.height), codes.EXTENDED_DESKTOP_SIZE)
    return head + struct.pack(">B3xIHHHHI", 1, 0, 0, 0, screen.width, screen.height, 0)


def cursor_rect(cursor: Cursor, form: PixelFormat) -> bytes:
    """Return the rectangle that brings *cursor* with a mask of one bit for each pixel."""
    width, height = cursor.size
    pixels = writer(form)(from_rgb(cursor.rgba)).astype(form.dtype)
    mask = np.packbits(cursor.rgba[:, :, 3] >= 128, axis=1)
    head = rect_head(Rect(cursor.x, cursor.y, width, height), codes.CURSOR)
    return head + bytes(pixels) + bytes(mask)


def alpha_cursor_rect(cursor: Cursor) -> bytes:
    """Return the rectangle that brings *cursor* with as much of each pixel as is to be seen."""
    width, height = cursor.size
    rgba = cursor.rgba.astype(np.uint16)
    # The colours go multiplied by how much of them is seen.
    rgba[:, :, :3] = (rgba[:, :, :3] * rgba[:, :, 3:] + 127) // 255
    head = rect_head(Rect(cursor.x, cursor.y, width, height), codes.CURSOR_WITH_ALPHA)
    return head + struct.pack(">i", codes.RAW) + rgba.astype(np.uint8).tobytes()


def name_rect(name: str) -> bytes:
    """Return the rectangle that brings a desktop's *name*."""
    data = name.encode()[: codes.MAX_NAME]
    return rect_head(Rect(0, 0, 0, 0), codes.DESKTOP_NAME) + struct.pack(">I", len(data)) + data


def colour_map() -> bytes:
    """Return the message that brings the server's map, for pixels that are its indexes."""
    wide = to_rgb(DEFAULT_MAP).astype(np.uint16) * 257
    return struct.pack(">BxHH", codes.SET_COLOUR_MAP, 0, 256) + bytes(wide.astype(">u2"))


def clipboard_bytes(number: int, message: ClipboardMessage) -> bytes:
    """Return *message* as the body of the cut-text message *number*, whose length is then negative."""
    body = message.pack()
    return struct.pack(">B3xi", number, -len(body)) + body
