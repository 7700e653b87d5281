"""What a client says once the handshake is done, read by a server: RFC 6143, 7.5, and extensions."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from iochan.vnc import codes
from iochan.vnc.clipboard import ClipboardMessage, parse_clipboard
from iochan.vnc.errors import RfbError, RfbLimit
from iochan.vnc.feed import Need
from iochan.vnc.pixelformat import PixelFormat
from iochan.vnc.rect import Rect

__all__ = [
    "ClientMessage",
    "CutText",
    "EnableContinuous",
    "FenceMessage",
    "KeyEvent",
    "PointerEvent",
    "SetDesktopSize",
    "SetEncodings",
    "SetPixelFormat",
    "UpdateRequest",
    "parse_client_message",
]

_REQUEST: Final = struct.Struct(">?HHHH")
_KEY: Final = struct.Struct(">?2xI")
_POINTER: Final = struct.Struct(">BHH")
_LENGTH: Final = struct.Struct(">3xi")
_FENCE: Final = struct.Struct(">3xIB")
_SIZE: Final = struct.Struct(">xHHBx")
_SCREEN: Final = struct.Struct(">IHHHHI")
_QEMU_KEY: Final = struct.Struct(">HII")


@dataclass(frozen=True, slots=True)
class SetPixelFormat:
    """The format of all pixels from the next update on."""

    form: PixelFormat


@dataclass(frozen=True, slots=True)
class SetEncodings:
    """What the client can take, the best first; it replaces what it said before."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """The client wants to see *area*: what has changed, or all of it."""

    incremental: bool
    area: Rect


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key went down or up.

    Attributes:
        down: Whether it went down.
        keysym: What it means, as X11 numbers it; 0 if only its code is known.
        scancode: Where it is, as QEMU's extension numbers it (XT, set 1); 0 if the client does not say.
    """

    down: bool
    keysym: int
    scancode: int = 0


@dataclass(frozen=True, slots=True)
class PointerEvent:
    """The pointer is at (*x*, *y*), and these bits of *buttons* are down.

    They are 1 left, 2 middle, 4 right, 8 to 64 the wheels, and from viewers that know the extension 128 back
    and 256 forward.
    """

    buttons: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class CutText:
    """The peer's clipboard has this text; Latin-1 is all that it can be."""

    text: str


@dataclass(frozen=True, slots=True)
class EnableContinuous:
    """The client wants updates of *area* without asking for each, or no more."""

    on: bool
    area: Rect


@dataclass(frozen=True, slots=True)
class FenceMessage:
    """Asks for the same back, or answers."""

    flags: int
    payload: bytes

    def pack(self) -> bytes:
        """Return the message, which is the same both ways."""
        head = struct.pack(">B3xIB", codes.FENCE, self.flags, len(self.payload))
        return head + self.payload


@dataclass(frozen=True, slots=True)
class SetDesktopSize:
    """The client wants a desktop of *width* by *height*, with these screens: number, place and flags."""

    width: int
    height: int
    screens: tuple[tuple[int, Rect, int], ...]


ClientMessage: TypeAlias = (
    SetPixelFormat
    | SetEncodings
    | UpdateRequest
    | KeyEvent
    | PointerEvent
    | CutText
    | ClipboardMessage
    | EnableContinuous
    | FenceMessage
    | SetDesktopSize
)


def parse_client_message(*, extended_mouse: bool = False) -> Need[ClientMessage]:
    """Parse one message.

    Args:
        extended_mouse: Whether the client has asked for `codes.EXTENDED_MOUSE`.

    Raises:
        RfbError: It is none: what has no known number has no known length either.
        RfbLimit: It is larger than it may be.
    """
    number = (yield 1)[0]
    if number == codes.POINTER_EVENT:
        return (yield from _pointer(extended=extended_mouse))
    parse = _PARSERS.get(number)
    if parse is None:
        message = f"message {number} from the client is unknown, so its end is too: close the connection"
        raise RfbError(message)
    return (yield from parse())


def _pixel_format() -> Need[SetPixelFormat]:
    data = yield 3 + PixelFormat.SIZE
    return SetPixelFormat(PixelFormat.unpack(data[3:]))


def _encodings() -> Need[SetEncodings]:
    (count,) = struct.unpack(">xH", (yield 3))
    if count > codes.MAX_ENCODINGS:
        message = f"a list of {count} encodings: at most {codes.MAX_ENCODINGS} are taken"
        raise RfbLimit(message)
    data = yield 4 * count
    return SetEncodings(struct.unpack(f">{count}i", data))


def _request() -> Need[UpdateRequest]:
    incremental, *area = _REQUEST.unpack((yield _REQUEST.size))
    return UpdateRequest(incremental, Rect(*area))


def _key() -> Need[KeyEvent]:
    down, keysym = _KEY.unpack((yield _KEY.size))
    return KeyEvent(down, keysym)


def _pointer(*, extended: bool) -> Need[PointerEvent]:
    buttons, x, y = _POINTER.unpack((yield _POINTER.size))
    if extended and buttons & codes.MORE_BUTTONS:
        buttons = buttons & ~codes.MORE_BUTTONS | (yield 1)[0] << 7
    return PointerEvent(buttons, x, y)


def _cut_text() -> Need[CutText | ClipboardMessage]:
    (length,) = _LENGTH.unpack((yield _LENGTH.size))
    if abs(length) > codes.MAX_CUT_TEXT:
        message = f"a clipboard of {abs(length)} bytes: at most {codes.MAX_CUT_TEXT} are taken"
        raise RfbLimit(message)
    data = yield abs(length)
    # The extended clipboard says by a negative length that it is one.
    return parse_clipboard(data) if length < 0 else CutText(data.decode("latin-1"))


def _continuous() -> Need[EnableContinuous]:
    on, *area = _REQUEST.unpack((yield _REQUEST.size))
    return EnableContinuous(on, Rect(*area))


def parse_fence() -> Need[FenceMessage]:
    """Parse a fence behind its number; a server's are the same."""
    flags, length = _FENCE.unpack((yield _FENCE.size))
    if length > codes.MAX_FENCE:
        message = f"a fence of {length} bytes: at most {codes.MAX_FENCE} are allowed"
        raise RfbLimit(message)
    return FenceMessage(flags, (yield length))


def _desktop_size() -> Need[SetDesktopSize]:
    width, height, count = _SIZE.unpack((yield _SIZE.size))
    data = yield count * _SCREEN.size
    screens = tuple((number, Rect(*place), flags) for number, *place, flags in _SCREEN.iter_unpack(data))
    return SetDesktopSize(width, height, screens)


def _qemu() -> Need[KeyEvent]:
    kind = (yield 1)[0]
    if kind != codes.QEMU_KEY:
        message = f"QEMU's message {kind} from the client: only keys were agreed on"
        raise RfbError(message)
    down, keysym, scancode = _QEMU_KEY.unpack((yield _QEMU_KEY.size))
    return KeyEvent(bool(down), keysym, scancode)


_PARSERS: Final[dict[int, Callable[[], Need[ClientMessage]]]] = {
    codes.SET_PIXEL_FORMAT: _pixel_format,
    codes.SET_ENCODINGS: _encodings,
    codes.UPDATE_REQUEST: _request,
    codes.KEY_EVENT: _key,
    codes.CLIENT_CUT_TEXT: _cut_text,
    codes.ENABLE_CONTINUOUS: _continuous,
    codes.FENCE: parse_fence,
    codes.SET_DESKTOP_SIZE: _desktop_size,
    codes.QEMU: _qemu,
}
