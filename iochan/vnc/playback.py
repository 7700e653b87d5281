"""What a viewer saw, from the tape of its connection to the server, drawn again as time passes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.op import Op
from iochan.layers.tape import Record, Sender
from iochan.vnc import codes
from iochan.vnc.clientmessage import ClientMessage, SetEncodings, SetPixelFormat, parse_client_message
from iochan.vnc.errors import RfbError, RfbLimit
from iochan.vnc.feed import Feed, Need
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.pixelformat import PixelFormat
from iochan.vnc.pseudo import check_size
from iochan.vnc.servermessage import ServerMessage, ServerMessages

__all__ = ["Playback"]

_SIZE: Final = struct.Struct(">HH")


class Playback:
    """Draws what the server of a tape sent, at the times of the tape.

    The tape is one of the channel to the server, from the viewer's ClientInit on: what `Gateway` records, and
    ``iochan vnc record``. A change of the pixel format holds from the viewer's wish on.

    Args:
        records: The tape, such as a `TapeFile`; read as far as the desktop's first facts.

    Attributes:
        framebuffer: What is drawn into.
        name: The desktop's name.

    Raises:
        RfbError: It is no such tape.
    """

    def __init__(self, records: Iterator[Record]) -> None:
        self.name = ""
        self.framebuffer = Framebuffer(1, 1)
        self._records = records
        self._came_in = False
        self._extended_mouse = False
        self._wish: PixelFormat | None = None
        self._messages: ServerMessages | None = None
        self._viewer: Feed[ClientMessage | None] = Feed(self._parse_viewer)
        self._server: Feed[ServerMessage | None] = Feed(self._parse_server)
        self._nanos = 0
        if not any(self._begins(record) for record in records):
            message = "the tape ends before a server has said what it shows: record from the ClientInit on"
            raise RfbError(message)

    def run_op(self, speed: float = 1.0) -> Op[None]:
        """Draw the rest of the tape, *speed* times as fast as it was; infinity for at once.

        Raises:
            RfbError: The tape has something that neither side may send.
            TapeError: The tape is damaged.
        """
        start = clock.now() - self._nanos / 1e9 / speed
        for record in self._records:
            due = start + record.nanos / 1e9 / speed
            if due > clock.now():
                yield Blocked(deadline=due)
            self._take(record)

    def _begins(self, record: Record) -> bool:
        """Take *record*, and tell whether the server has said what it shows."""
        self._take(record)
        return self._messages is not None

    def _take(self, record: Record) -> None:
        self._nanos = record.nanos
        if record.gap:
            message = (
                f"{record.gap} bytes are missing on the tape at byte {record.offset}: record without drop"
            )
            raise RfbError(message)
        if record.sender is Sender.B:
            self._server.put(record.payload)
            while self._server.held and self._step(self._server):
                pass
            return
        self._viewer.put(record.payload)
        while self._viewer.held and self._step(self._viewer):
            pass

    @staticmethod
    def _step(feed: Feed[ClientMessage | None] | Feed[ServerMessage | None]) -> bool:
        """Parse once; False if more is needed for it."""
        before = feed.held
        feed.next()
        return feed.between or feed.held < before

    def _parse_viewer(self) -> Need[ClientMessage | None]:
        if not self._came_in:
            yield 1  # the ClientInit: whether others may stay
            self._came_in = True
            return None
        message = yield from parse_client_message(extended_mouse=self._extended_mouse)
        if isinstance(message, SetEncodings):
            self._extended_mouse = codes.EXTENDED_MOUSE in message.numbers
        if isinstance(message, SetPixelFormat):
            self._wish = message.form
            if self._messages is not None:
                self._messages.set_form(message.form)
        return message

    def _parse_server(self) -> Need[ServerMessage | None]:
        if self._messages is not None:
            return (yield from self._messages.parse())
        head = yield _SIZE.size + PixelFormat.SIZE + 4
        width, height = _SIZE.unpack_from(head)
        check_size(width, height)
        form = PixelFormat.unpack(head[_SIZE.size : -4])
        length = int.from_bytes(head[-4:], "big")
        if length > codes.MAX_NAME:
            message = f"a name of {length} bytes on the tape: at most {codes.MAX_NAME} are taken"
            raise RfbLimit(message)
        self.name = (yield length).decode("utf-8", "replace")
        self.framebuffer = Framebuffer(width, height)
        self._messages = ServerMessages(self.framebuffer, self._wish or form)
        return None
