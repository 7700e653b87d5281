"""A terminal on a channel as the desktop of a VNC server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from typing_extensions import override

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.op import Op
from iochan.core.scratch import borrow, give_back
from iochan.core.sideband import SET_WINDOW_SIZE
from iochan.core.wakeup import Wakeup
from iochan.terminal.emulator import MAX_COLUMNS, MAX_ROWS
from iochan.vnc import codes
from iochan.vnc.clientmessage import KeyEvent, PointerEvent
from iochan.vnc.console.font import Font
from iochan.vnc.console.keys import Keyboard
from iochan.vnc.console.screen import Cell, Screen
from iochan.vnc.desktop import Desktop
from iochan.vnc.rect import Rect

if TYPE_CHECKING:
    from iochan.vnc.session import Session

__all__ = ["FRAME_SECONDS", "MAX_TYPED", "ConsoleDesktop"]

FRAME_SECONDS: Final = 0.02
"""The screen is painted so often at most, however much the program prints."""

MAX_TYPED: Final = 65536
"""Bytes that wait for the program at most; what does not fit is left out as a whole, and the bell rings."""

_READ: Final = 8192
"""So much is emulated between two looks at the rest: some 10 ms of work."""

_TURNS: Final = 4
_INSERT: Final = frozenset({0xFF63, 0xFF9E})
_LEFT: Final = 1
_MIDDLE: Final = 2


class ConsoleDesktop(Desktop):
    """Shows what comes on *channel* as a terminal does, and sends what viewers type; `run_op` does it.

    As with xterm, dragging with the left button marks text, which becomes the viewers' clipboard, and the
    middle button or Shift+Insert types the clipboard. A viewer that changes the desktop's size changes the
    terminal's, and whoever is behind *channel* is told (`SET_WINDOW_SIZE`).

    Args:
        channel: Where the program is, such as a `PtyChannel`; closed when `run_op` ends.
        rows: Of characters, at first.
        columns: Of characters, at first.
        font: What they look like; None for the package's own.

    Attributes:
        screen: The terminal; its framebuffer is what a `VncServer` has to show.
        clipboard: What the middle button types.
    """

    def __init__(
        self, channel: Channel, *, rows: int = 25, columns: int = 80, font: Font | None = None
    ) -> None:
        self.screen = Screen(rows, columns, font)
        self._channel = channel
        self._lock = self.screen.framebuffer.lock
        self._keyboards: dict[Session, Keyboard] = {}
        self._buttons: dict[Session, int] = {}
        self._anchor: Cell | None = None
        self.clipboard = ""
        self._typed = bytearray()
        self._wakeup = Wakeup()
        self._told: Cell | None = None
        self._stale = True
        self._ended = False
        self._painted = 0.0
        self.screen.framebuffer.observe(self)

    def run_op(self) -> Op[None]:
        """Be the terminal until the program's stream ends, and close the channel.

        Raises:
            ChannelError: The channel failed.
        """
        try:
            yield from self._channel.handshake_op(None)
            with ReadGuard(self._channel), WriteGuard(self._channel):
                yield from self._serve_op()
            yield from self._channel.close_op()
        finally:
            self.screen.framebuffer.forget(self)
            self._wakeup.close()
            self._channel.abort()

    def end(self) -> None:
        """Let `run_op` end now; any thread may call it."""
        with self._lock:
            self._ended = True
            self._wakeup.fire()

    def type(self, data: bytes) -> None:
        """Send *data* to the program; any thread may call it. What finds no room is left out, with a bell."""
        with self._lock:
            if len(self._typed) + len(data) > MAX_TYPED:
                self._ring()
                return
            self._typed += data
            self._wakeup.fire()

    def paste(self, text: str) -> None:
        """Type *text* as terminals paste: lines end with a carriage return, control keys are left out."""
        plain = "".join(char for char in text.replace("\r\n", "\n") if char in "\n\t" or char.isprintable())
        data = plain.replace("\n", "\r").encode()
        self.type(b"\x1b[200~" + data + b"\x1b[201~" if self.screen.bracketed_paste else data)

    def _serve_op(self) -> Op[None]:
        turns = 0
        while not self._ended:
            self._tell_size()
            read, wrote = self._read(), self._write()
            self._paint(at_once=read == 0)
            if read == 0:
                return
            if isinstance(read, Blocked) and not isinstance(wrote, bool):
                yield self._idle(read, wrote)
                continue
            turns += 1
            if not turns % _TURNS:
                yield Blocked(deadline=clock.now())

    def _idle(self, read: Blocked, wrote: Blocked | None) -> Blocked:
        with self._lock:
            if self._ended or (self._typed and wrote is None):
                return Blocked(deadline=clock.now())
            wait = read | self._wakeup.arm()
            if wrote is not None:
                wait |= wrote
            return wait.by(self._painted + FRAME_SECONDS) if self._stale else wait

    def _read(self) -> int | Blocked:
        scratch = borrow()
        try:
            got = self._channel.try_readinto(scratch[:_READ])
            if isinstance(got, Blocked) or not got:
                return got
            data = bytes(scratch[:got])
        finally:
            give_back(scratch)
        self.screen.feed(data)
        self._stale = True
        answers = self.screen.take_answers()
        if answers:
            self.type(answers)
        if self.screen.take_bell():
            self._ring()
        return got

    def _write(self) -> Blocked | Literal[True] | None:
        """Send what was typed; True if some of it went, None if there is nothing."""
        with self._lock:
            if not self._typed:
                return self._channel.try_flush()
            put = self._channel.try_write(bytes(self._typed))
            if isinstance(put, Blocked):
                return put
            del self._typed[:put]
            return True

    def _paint(self, *, at_once: bool) -> None:
        now = clock.now()
        if self._stale and (at_once or now >= self._painted + FRAME_SECONDS):
            self._stale = False
            self.screen.paint()
            self._painted = clock.now()

    def _tell_size(self) -> None:
        size = self.screen.size
        if size != self._told:
            self._told = size
            tell = self._channel.extra(SET_WINDOW_SIZE, None)
            if tell is not None:
                tell(*size)

    def _ring(self) -> None:
        for server in {session.server for session in self._keyboards}:
            server.bell()

    def _repaint(self) -> None:
        self._stale = True
        self._wakeup.fire()

    @override
    def joined(self, session: Session) -> None:
        with self._lock:
            self._keyboards[session] = Keyboard()

    @override
    def left(self, session: Session) -> None:
        with self._lock:
            self._keyboards.pop(session, None)
            self._buttons.pop(session, None)

    @override
    def key(self, session: Session, event: KeyEvent) -> None:
        keyboard = self._keyboards[session]
        if event.keysym in _INSERT and keyboard.shift:
            if event.down:
                self.paste(self.clipboard)
            return
        data = keyboard.key(event.keysym, down=event.down, application=self.screen.application_cursor)
        if data:
            self.type(data)

    @override
    def pointer(self, session: Session, event: PointerEvent) -> None:
        before, self._buttons[session] = self._buttons.get(session, 0), event.buttons
        pressed = event.buttons & ~before
        if pressed & _MIDDLE:
            self.paste(self.clipboard)
        with self._lock:
            cell = self.screen.cell_at(event.x, event.y)
            if pressed & _LEFT:
                self._anchor, self.screen.selection = cell, None
                self._repaint()
            elif self._anchor is not None and event.buttons & _LEFT and cell != self._anchor:
                self.screen.selection = self._anchor, cell
                self._repaint()
            elif self._anchor is not None and not event.buttons & _LEFT:
                self._anchor = None
                text = self.screen.selected_text()
                if text:
                    self.clipboard = text
                    session.server.set_cut_text(text)

    @override
    def cut_text(self, session: Session, text: str) -> None:
        self.clipboard = text

    @override
    def resize(self, session: Session, width: int, height: int) -> int:
        font = self.screen.font
        rows, columns = height // font.height, width // font.width
        if not rows or not columns:
            return codes.SIZE_PROHIBITED
        fits = rows <= MAX_ROWS and columns <= MAX_COLUMNS
        return codes.SIZE_DONE if fits else codes.SIZE_NO_RESOURCES

    def resized(self) -> None:
        """Hear from the framebuffer that the terminal has to fit another size."""
        self._repaint()

    def damaged(self, area: Rect) -> None:
        """Hear what the terminal has painted itself."""

    def copied(self, source: Rect, dx: int, dy: int) -> None:
        """Hear what it has moved itself."""

    def cursor_changed(self) -> None:
        """Hear that the pointer looks different."""
