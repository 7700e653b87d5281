"""A viewer that is a program: sees a desktop in a framebuffer, and types, points and pastes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from iochan.core.channel import HANDSHAKE_SECONDS, Channel
from iochan.core.errors import LocalProtocolError, UnexpectedEOF
from iochan.core.op import Op, run, within
from iochan.vnc import clipboard, codes
from iochan.vnc.clientmessage import CutText, FenceMessage
from iochan.vnc.clipboard import ClipboardMessage
from iochan.vnc.feed import Feed
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.login import Credentials, Welcome, log_in_op
from iochan.vnc.pixelformat import RGB888, PixelFormat
from iochan.vnc.pseudo import Desktop
from iochan.vnc.rect import Rect
from iochan.vnc.servermessage import Bell, ColourMap, EndOfContinuous, ServerMessage, ServerMessages, Update
from iochan.vnc.update import clipboard_bytes

__all__ = ["ENCODINGS", "Event", "VncClient"]

PIXELS: Final = (
    codes.COPY_RECT, codes.TIGHT, codes.ZRLE, codes.ZLIB, codes.HEXTILE, codes.RRE, codes.RAW,
)  # fmt: skip
PSEUDO: Final = (
    codes.LAST_RECT, codes.DESKTOP_SIZE, codes.EXTENDED_DESKTOP_SIZE, codes.CURSOR, codes.CURSOR_WITH_ALPHA,
    codes.DESKTOP_NAME, codes.QEMU_EXTENDED_KEY, codes.LED_STATE, codes.FENCES, codes.CONTINUOUS_UPDATES,
    codes.EXTENDED_CLIPBOARD, codes.EXTENDED_MOUSE,
)  # fmt: skip
ENCODINGS: Final = PIXELS + PSEUDO
"""What a client asks for unless it is told: nothing that loses pixels."""

Event = Update | Bell | CutText | ColourMap
"""What a server tells that a program may care about."""

_READ: Final = 262144


class VncClient:
    """A client on a channel, its handshake done; `connect` makes one.

    One task may receive while others send.

    Args:
        welcome: What the handshake gave.
        form: The pixels to ask for.
        encodings: What to ask for, the favourite first.
        framebuffer: What it draws into, and gives the server's size; None for one of its own.

    Attributes:
        channel: What it talks on.
        framebuffer: What it sees.
        desktop: What the server has said about itself.
        security: The security type that was agreed on, or the VeNCrypt subtype.
    """

    def __init__(
        self,
        welcome: Welcome,
        form: PixelFormat,
        encodings: Sequence[int],
        framebuffer: Framebuffer | None = None,
    ) -> None:
        self.channel = welcome.channel
        self.security = welcome.security
        size = welcome.width, welcome.height
        self.framebuffer = Framebuffer(*size) if framebuffer is None else framebuffer
        if (self.framebuffer.width, self.framebuffer.height) != size:
            self.framebuffer.resize(*size)
        self.desktop = Desktop(welcome.name)
        messages = ServerMessages(self.framebuffer, form, self.desktop)
        self._feed: Feed[ServerMessage] = Feed(messages.parse)
        self._owed = struct.pack(">B3x", codes.SET_PIXEL_FORMAT) + form.pack() + _encodings(encodings)
        self._pushing = False
        self._extended_clipboard = False
        self._cut_text = ""
        self._continuous = False

    @classmethod
    def connect(
        cls,
        channel: Channel,
        credentials: Credentials | None = None,
        *,
        shared: bool = True,
        form: PixelFormat = RGB888,
        encodings: Sequence[int] = ENCODINGS,
    ) -> Self:
        """Shake hands with the server on *channel*, which is the client's from now on.

        Args:
            channel: A connected channel.
            credentials: What to prove, and to insist on; None for a server that is open to all.
            shared: Whether others may stay.
            form: The pixels to ask for.
            encodings: What to ask for, the favourite first.

        Raises:
            LoginFailed: The server did not take *credentials*.
            HandshakeError: It refused, or offers nothing that they can do.
            RfbError: It speaks no RFB.
            ChannelTimeout: It is silent.
        """
        return run(cls.connect_op(channel, credentials, shared=shared, form=form, encodings=encodings))

    @classmethod
    def connect_op(
        cls,
        channel: Channel,
        credentials: Credentials | None = None,
        *,
        shared: bool = True,
        form: PixelFormat = RGB888,
        encodings: Sequence[int] = ENCODINGS,
        framebuffer: Framebuffer | None = None,
    ) -> Op[Self]:
        """The operation of `connect`; the whole handshake has the deadline of `Channel.handshake`.

        It draws into *framebuffer*, which gets the server's size; None for one of its own.
        """
        op = log_in_op(channel, credentials or Credentials(), shared=shared)
        try:
            welcome = yield from within(op, HANDSHAKE_SECONDS, f"the handshake of {channel.name}")
            client = cls(welcome, form, encodings, framebuffer)
            yield from client.send_op(b"")
        except BaseException:
            channel.abort()
            raise
        return client

    def receive(self, timeout: float | None = None) -> Event | None:
        """Wait for what the server tells next, and return it; None when it has ended the connection.

        Updates are drawn when they are returned. Nothing comes before it was asked for with `request`.
        """
        return run(self.receive_op(), timeout)

    def receive_op(self) -> Op[Event | None]:
        """The operation of `receive`. A cancelled one loses nothing."""
        while True:
            message = self._feed.next()
            if message is None:
                data = yield from self.channel.read_op(_READ)
                if not data:
                    if self._feed.between:
                        return None
                    raise UnexpectedEOF(self._feed.held)
                self._feed.put(data)
                continue
            event = yield from self._handle_op(message)
            if event is not None:
                return event

    def request(self, area: Rect | None = None, *, incremental: bool = True) -> None:
        """Ask for *area*, or all of it: what is new, or every pixel."""
        run(self.request_op(area, incremental=incremental))

    def request_op(self, area: Rect | None = None, *, incremental: bool = True) -> Op[None]:
        """The operation of `request`."""
        area = self.framebuffer.screen if area is None else area
        yield from self.send_op(struct.pack(">B?HHHH", codes.UPDATE_REQUEST, incremental, *area))

    def screenshot(self, timeout: float | None = 30.0) -> NDArray[np.uint8]:
        """Return the whole desktop as it is now: rows of pixels of three bytes, red first."""
        return run(self.screenshot_op(), timeout)

    def screenshot_op(self) -> Op[NDArray[np.uint8]]:
        """The operation of `screenshot`."""
        seen = np.zeros(self.framebuffer.pixels.shape, dtype=np.bool_)
        yield from self.request_op(incremental=False)
        while not seen.all():
            event = yield from self.receive_op()
            if event is None:
                message = f"{self.channel.name}: the server ended the connection before the picture was whole"
                raise LocalProtocolError(message)
            if not isinstance(event, Update):
                continue
            if event.resized:
                seen = np.zeros(self.framebuffer.pixels.shape, dtype=np.bool_)
            for area in event.areas:
                seen[area.rows, area.columns] = True
            if not seen.all():
                yield from self.request_op(incremental=not event.resized)
        return self.framebuffer.rgb()

    def key(self, keysym: int, *, down: bool, scancode: int = 0) -> None:
        """Press a key, or let it go."""
        run(self.key_op(keysym, down=down, scancode=scancode))

    def key_op(self, keysym: int, *, down: bool, scancode: int = 0) -> Op[None]:
        """The operation of `key`.

        Args:
            keysym: What the key means, as X11 numbers it; ASCII is itself.
            down: Whether it goes down.
            scancode: Where it is (XT, set 1); it is sent if the server has said that it takes it.
        """
        if scancode and self.desktop.scancodes:
            yield from self.send_op(struct.pack(">BBHII", codes.QEMU, codes.QEMU_KEY, down, keysym, scancode))
        else:
            yield from self.send_op(struct.pack(">B?2xI", codes.KEY_EVENT, down, keysym))

    def type(self, text: str) -> None:
        """Press and let go the keys of *text*."""
        run(self.type_op(text))

    def type_op(self, text: str) -> Op[None]:
        """The operation of `type`."""
        for character in text:
            for down in (True, False):
                yield from self.key_op(_keysym(character), down=down)

    def pointer(self, x: int, y: int, buttons: int = 0) -> None:
        """Point at (*x*, *y*), with these bits of *buttons* down, as `PointerEvent` has them.

        Back and forward (128, 256) reach only servers that have said that they take them.
        """
        run(self.pointer_op(x, y, buttons))

    def pointer_op(self, x: int, y: int, buttons: int = 0) -> Op[None]:
        """The operation of `pointer`."""
        first, more = buttons & codes.MORE_BUTTONS - 1, buttons >> 7
        if more and self.desktop.extended_mouse:
            first |= codes.MORE_BUTTONS
            yield from self.send_op(struct.pack(">BBHHB", codes.POINTER_EVENT, first, x, y, more))
        else:
            yield from self.send_op(struct.pack(">BBHH", codes.POINTER_EVENT, first, x, y))

    def set_cut_text(self, text: str) -> None:
        """Offer *text* as the clipboard.

        Raises:
            ValueError: It is too large.
        """
        run(self.set_cut_text_op(text))

    def set_cut_text_op(self, text: str) -> Op[None]:
        """The operation of `set_cut_text`."""
        clipboard.provide_message(text)
        self._cut_text = text
        if self._extended_clipboard:
            yield from self._clipboard_op(ClipboardMessage(clipboard.NOTIFY | clipboard.FORMAT_TEXT))
        else:
            yield from self.send_op(clipboard.plain_message(codes.CLIENT_CUT_TEXT, text))

    def resize(self, width: int, height: int) -> None:
        """Ask for a desktop of another size; what becomes of it is told by `desktop` after an update."""
        run(self.resize_op(width, height))

    def resize_op(self, width: int, height: int) -> Op[None]:
        """The operation of `resize`.

        Raises:
            LocalProtocolError: The server has not said that it takes such requests.
        """
        if not self.desktop.screens:
            message = (
                f"{self.channel.name}: the server takes no wish for another size, or has not said so yet"
            )
            raise LocalProtocolError(message)
        first = self.desktop.screens[0]
        screen = struct.pack(">IHHHHI", first.number, 0, 0, width, height, first.flags)
        yield from self.send_op(struct.pack(">BxHHBx", codes.SET_DESKTOP_SIZE, width, height, 1) + screen)

    def set_continuous_op(self, *, on: bool) -> Op[None]:
        """Have updates come without being asked for, or no more.

        Raises:
            LocalProtocolError: The server has not said that it can.
        """
        if not self._continuous:
            message = f"{self.channel.name}: the server sends no continuous updates, or has not said so yet"
            raise LocalProtocolError(message)
        area = self.framebuffer.screen
        yield from self.send_op(struct.pack(">B?HHHH", codes.ENABLE_CONTINUOUS, on, *area))

    def send_op(self, message: bytes) -> Op[None]:
        """Send *message*; while another send is under way, that one takes it along."""
        self._owed += message
        if self._pushing:
            return
        self._pushing = True
        try:
            while self._owed:
                data, self._owed = self._owed, b""
                yield from self.channel.write_all_op(data)
        finally:
            self._pushing = False

    def close(self) -> None:
        """Close the channel in order."""
        self.channel.close()

    def close_op(self) -> Op[None]:
        """The operation of `close`."""
        yield from self.channel.close_op()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.channel.abort()

    def _handle_op(self, message: ServerMessage) -> Op[Event | None]:
        """Answer what wants an answer, and return what the program may care about."""
        match message:
            case FenceMessage(flags, payload):
                if flags & codes.FENCE_REQUEST:
                    yield from self.send_op(FenceMessage(flags & codes.FENCE_KNOWN, payload).pack())
            case EndOfContinuous():
                self._continuous = True
            case ClipboardMessage():
                return (yield from self._hear_op(message))
            case _:
                return message
        return None

    def _hear_op(self, message: ClipboardMessage) -> Op[CutText | None]:
        action = message.action
        if action == clipboard.CAPS:
            self._extended_clipboard = True
            yield from self._clipboard_op(clipboard.caps_message())
        elif action == clipboard.NOTIFY and message.flags & clipboard.FORMAT_TEXT:
            yield from self._clipboard_op(ClipboardMessage(clipboard.REQUEST | clipboard.FORMAT_TEXT))
        elif action == clipboard.REQUEST:
            yield from self._clipboard_op(clipboard.provide_message(self._cut_text))
        elif action == clipboard.PEEK:
            has = clipboard.FORMAT_TEXT if self._cut_text else 0
            yield from self._clipboard_op(ClipboardMessage(clipboard.NOTIFY | has))
        elif message.text is not None:
            return CutText(message.text)
        return None

    def _clipboard_op(self, message: ClipboardMessage) -> Op[None]:
        yield from self.send_op(clipboard_bytes(codes.CLIENT_CUT_TEXT, message))


def _encodings(numbers: Sequence[int]) -> bytes:
    return struct.pack(f">BxH{len(numbers)}i", codes.SET_ENCODINGS, len(numbers), *numbers)


def _keysym(character: str) -> int:
    """Return the key of *character*: Latin-1 is itself, control keys and the rest of Unicode have blocks."""
    code = ord(character)
    if character in "\b\t\r\n\x1b":
        return 0xFF0D if character == "\n" else 0xFF00 | code
    return code if code < 0x100 else 0x1000000 | code
