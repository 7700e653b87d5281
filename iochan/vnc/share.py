"""One connection to a server, shown to many viewers."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelError, IochanError, show_text
from iochan.core.op import Op
from iochan.core.wakeup import Wakeup
from iochan.vnc import codes
from iochan.vnc.client import Event, VncClient
from iochan.vnc.clientmessage import CutText, KeyEvent, PointerEvent
from iochan.vnc.console.font import console_font
from iochan.vnc.console.screen import Screen
from iochan.vnc.control import Control
from iochan.vnc.desktop import Desktop
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.gateway import Target
from iochan.vnc.output import Options
from iochan.vnc.security import Security
from iochan.vnc.server import VncServer
from iochan.vnc.servermessage import Bell, Update

if TYPE_CHECKING:
    from iochan.vnc.session import Session

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "MAX_INPUTS", "Share"]

FIRST_PAUSE: Final = 0.5
"""Seconds before a server that was lost is tried again; each further failure doubles them."""

LONGEST_PAUSE: Final = 30.0

MAX_INPUTS: Final = 1024
"""Keys, movements and texts that wait for the server at most; what does not fit is left out, with a bell."""

_log = logging.getLogger("iochan.vnc")

_FIRST_SIZE: Final = 640, 480
"""Of the picture while the target has not been there."""

_Input = Callable[[VncClient], Op[None]]


class Share(Desktop):
    """Shows the desktop of *target* to the viewers of its `server`, and sends what one of them does to it.

    Cursor, bell, clipboard, lights, name and size are the target's. When it is lost, viewers keep its last
    picture with a word about it, and it is tried again until it is there.

    Args:
        target: The server that is shown; it is asked to let others stay.
        security: Who may come in to look; None for everybody.
        control: Who may act; None for one at a time, as `Control` has it by itself.
        options: How viewers are treated.

    Attributes:
        server: What viewers are given to.
    """

    def __init__(
        self,
        target: Target,
        *,
        security: Security | None = None,
        control: Control | None = None,
        options: Options | None = None,
    ) -> None:
        framebuffer = Framebuffer(*_FIRST_SIZE)
        self.server = VncServer(framebuffer, self, security=security, name=target.name, options=options)
        self.server.control = Control() if control is None else control
        self._target = target
        self._lock = self.server.framebuffer.lock
        self._wakeup = Wakeup()
        self._inputs: deque[_Input] = deque()
        self._client: VncClient | None = None
        self._text: str | None = None
        self._wisher: Session | None = None
        self._answers = 0

    def connect_op(self) -> Op[None]:
        """Connect to the target for the first time.

        Raises:
            IochanError: It cannot be reached, or does not let us in.
        """
        channel = yield from self._target.dial()
        client = yield from VncClient.connect_op(
            channel, self._target.credentials, framebuffer=self.server.framebuffer
        )
        with self._lock:
            self._inputs.clear()
            self._text = None
            self._client, self._answers = client, 0
        self.server.set_name(client.desktop.name)

    def run_op(self) -> Op[None]:
        """Show the target for ever; it is connected to where it is not, and each time that it is lost."""
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    if self._client is None:
                        yield from self.connect_op()
                    pause = FIRST_PAUSE
                    yield from self._show_op()
                except (IochanError, OSError) as error:
                    self._lose()
                    text = f"{self._target.name} is lost: {error}"
                    _log.warning("%s", text)
                    self._say(text)
                due = clock.now() + pause
                while clock.now() < due:
                    yield Blocked(deadline=due)
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            self._lose()
            self._wakeup.close()

    def _show_op(self) -> Op[None]:
        """Take what the target shows, and send it what was done, until it is lost."""
        client = self._client
        assert client is not None
        yield from client.request_op(incremental=False)
        receiving = client.receive_op()
        try:
            while True:
                try:
                    blocked = next(receiving)
                except StopIteration as stop:
                    yield from self._take_op(client, stop.value)
                    receiving = client.receive_op()
                    continue
                with self._lock:
                    waiting = self._inputs.popleft() if self._inputs else None
                    armed = None if waiting else self._wakeup.arm()
                if waiting is not None:
                    yield from waiting(client)
                elif armed is not None:
                    yield blocked | armed
        finally:
            receiving.close()

    def _take_op(self, client: VncClient, event: Event | None) -> Op[None]:
        match event:
            case None:
                message = f"{client.channel.name}: the server has ended the connection"
                raise ChannelError(message)
            case Update():
                self._take_facts(client)
                yield from client.request_op(incremental=not event.resized)
            case Bell():
                self.server.bell()
            case CutText(text):
                with suppress(ValueError):  # too large as UTF-8
                    self.server.set_cut_text(text)
            case _:
                pass  # colours of a map, which was not asked for

    def _take_facts(self, client: VncClient) -> None:
        """Pass on what the target has said about itself with an update."""
        facts, server = client.desktop, self.server
        if facts.name != server.name:
            server.set_name(facts.name)
        if facts.leds is not None and facts.leds != server.leds:
            server.set_leds(facts.leds)
        if facts.size_answers != self._answers:
            self._answers = facts.size_answers
            self._tell_wisher(facts.size_status)

    def _tell_wisher(self, status: int) -> None:
        with self._lock:
            wisher, self._wisher = self._wisher, None
            if wisher is not None and wisher in self.server.sessions:
                wisher.output.tell_size(codes.SIZE_BY_THIS_CLIENT, status)

    def _lose(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        self._tell_wisher(codes.SIZE_NO_RESOURCES)
        if client is not None:
            client.channel.abort()

    def _say(self, text: str) -> None:
        """Write *text* over the picture."""
        framebuffer = self.server.framebuffer
        cell = console_font()
        columns = max(1, min(framebuffer.width // cell.width, 100))
        rows = min(math.ceil((len(text) + 2) / columns), max(1, framebuffer.height // cell.height))
        board = Screen(rows, columns)
        board.feed(b"\x1b[37;44m\x1b[2J\x1b[H\x1b[?25l" + show_text(text).strip("'\"").encode())
        board.paint()
        with self._lock:
            width, height = min(framebuffer.width, board.framebuffer.width), board.framebuffer.height
            framebuffer.draw(0, 0, board.framebuffer.pixels[: framebuffer.height, :width][:height])

    def _put(self, done: _Input) -> bool:
        """Have *done* sent to the target, if it is there; False if it is not, or too much waits for it."""
        with self._lock:
            if self._client is None:
                return False
            if len(self._inputs) >= MAX_INPUTS:
                self.server.bell()
                return False
            self._inputs.append(done)
            self._wakeup.fire()
            return True

    def _paste_op(self, client: VncClient) -> Op[None]:
        """Send the newest text: of many megabytes that wait, only the last one is of use."""
        with self._lock:
            text, self._text = self._text, None
        with suppress(ValueError):  # too large as UTF-8
            yield from client.set_cut_text_op(text or "")

    @override
    def key(self, session: Session, event: KeyEvent) -> None:
        self._put(lambda client: client.key_op(event.keysym, down=event.down, scancode=event.scancode))

    @override
    def pointer(self, session: Session, event: PointerEvent) -> None:
        self._put(lambda client: client.pointer_op(event.x, event.y, event.buttons))

    @override
    def cut_text(self, session: Session, text: str) -> None:
        with self._lock:
            waits, self._text = self._text is not None, text
            if not waits and not self._put(self._paste_op):
                self._text = None

    @override
    def resize(self, session: Session, width: int, height: int) -> int | None:
        with self._lock:
            if self._client is None or not self._client.desktop.screens or self._wisher is not None:
                return codes.SIZE_PROHIBITED
            if not self._put(lambda client: client.resize_op(width, height)):
                return codes.SIZE_NO_RESOURCES
            self._wisher = session
            return None
