"""An RFB server: one framebuffer, any number of viewers on channels of any kind."""

from __future__ import annotations

import enum
import struct
from collections.abc import Hashable
from typing import Final

from iochan.core.channel import HANDSHAKE_SECONDS, Channel
from iochan.core.errors import ChannelBrokenError, UnexpectedEOF
from iochan.core.op import Op, run, within
from iochan.vnc import clipboard, codes
from iochan.vnc.admit import Admission, admit_op
from iochan.vnc.clientmessage import CutText, KeyEvent, PointerEvent
from iochan.vnc.clipboard import ClipboardMessage
from iochan.vnc.control import Control
from iochan.vnc.desktop import Desktop
from iochan.vnc.errors import ServerRefused
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.lockout import Lockout, host_of
from iochan.vnc.output import Options
from iochan.vnc.pixelformat import RGB888
from iochan.vnc.security import Security
from iochan.vnc.session import Session
from iochan.vnc.update import clipboard_bytes

__all__ = ["Sharing", "VncServer"]

_OPEN: Final = Security()


class Sharing(enum.Enum):
    """What becomes of a viewer that wants the desktop for itself, with QEMU's names."""

    ALLOW_EXCLUSIVE = "allow-exclusive"
    """It gets it: the others are sent away, and nobody comes in who would share."""
    FORCE_SHARED = "force-shared"
    """It is refused."""
    IGNORE = "ignore"
    """It shares as everybody does."""


class VncServer:
    """Shows *framebuffer* to each viewer whose channel it is given.

    It listens nowhere: `serve_op` serves one channel, and any loop, thread or async server runs it.

    Args:
        framebuffer: What is shown.
        desktop: Hears what viewers do; None for a desktop that only shows.
        security: Who may come in; None for everybody.
        name: The desktop's name.
        sharing: Whether a viewer may have it for itself.
        options: How viewers are treated.

    Attributes:
        sessions: The viewers that are in.
        lockout: Who has failed too often to come in.
        leds: The lights of the keyboard, bits of `codes.LED_CAPS` and its neighbours; None for unknown.
        cut_text: The text of the desktop's clipboard; None while there is none.
        control: Decides who of those who may act does; None, as it is at first, for all of them.
    """

    def __init__(
        self,
        framebuffer: Framebuffer,
        desktop: Desktop | None = None,
        *,
        security: Security | None = None,
        name: str = "iochan",
        sharing: Sharing = Sharing.ALLOW_EXCLUSIVE,
        options: Options | None = None,
    ) -> None:
        self.framebuffer = framebuffer
        self.desktop = desktop or Desktop()
        self.security = security or _OPEN
        self.name = name
        self.sharing = sharing
        self.options = options or Options()
        self.control: Control | None = None
        self.sessions: set[Session] = set()
        self.lockout = Lockout()
        self.leds: int | None = None
        self.cut_text: str | None = None

    def serve(self, channel: Channel, security: Security | None = None) -> None:
        """Serve the viewer on *channel* until it goes; see `serve_op`."""
        run(self.serve_op(channel, security))

    def serve_op(
        self,
        channel: Channel,
        security: Security | None = None,
        *,
        handshake: float = HANDSHAKE_SECONDS,
    ) -> Op[None]:
        """Serve the viewer on *channel*, which is closed at the end whatever happens.

        Args:
            channel: A stack whose own handshakes are done or not.
            security: Who may come in here; None for the server's own.
            handshake: Seconds for all handshakes together, those below included.

        Raises:
            LoginFailed: The viewer could not prove who it is.
            HandshakeError: It can do nothing of what is offered.
            RfbError: It breaks the protocol.
            ChannelTimeout: It is silent in the handshake, or takes nothing after it.
        """
        peer = host_of(channel)
        client = Admission(channel)
        try:
            op = self._admit_op(channel, security or self.security, peer)
            client = yield from within(op, handshake, f"the handshake of {channel.name}")
            yield from self._session_op(client, peer)
            yield from client.channel.close_op()
        except (UnexpectedEOF, ChannelBrokenError):
            # Viewers go as they like: most of them never say goodbye.
            return
        finally:
            client.channel.abort()
            channel.abort()

    def _admit_op(self, channel: Channel, security: Security, peer: Hashable) -> Op[Admission]:
        yield from channel.handshake_op(None)
        client = yield from admit_op(channel, security, self.lockout, peer)
        name = self.name.encode()[: codes.MAX_NAME]
        screen = self.framebuffer.screen
        head = struct.pack(">HH", screen.width, screen.height) + RGB888.pack() + struct.pack(">I", len(name))
        self._share(client)
        yield from client.channel.write_all_op(head + name)
        return client

    def _share(self, client: Admission) -> None:
        """Make room for *client*, or refuse it.

        Raises:
            ServerRefused: It wants the desktop for itself, or somebody else has it so.
        """
        if self.sharing is Sharing.IGNORE:
            return
        if self.sharing is Sharing.FORCE_SHARED:
            if not client.shared:
                message = f"{client.channel.name}: the viewer wants the desktop for itself: it is shared"
                raise ServerRefused(message)
            return
        if client.shared:
            if any(not session.shared for session in self.sessions):
                message = f"{client.channel.name}: another viewer has the desktop for itself"
                raise ServerRefused(message)
            return
        for session in self.sessions:
            session.end("another viewer took the desktop for itself")

    def _session_op(self, client: Admission, peer: Hashable) -> Op[None]:
        session = Session(self, client, peer)
        self.sessions.add(session)
        try:
            self.desktop.joined(session)
            session.output.set_name(self._title(session))
            yield from session.run_op()
        finally:
            self.sessions.discard(session)
            if self.control is not None:
                self.control.left(session)
            self.desktop.left(session)

    def bell(self) -> None:
        """Ring at every viewer; any thread may call it."""
        self._send_all(bytes([codes.BELL]))

    def set_cut_text(self, text: str) -> None:
        """Offer *text* as the desktop's clipboard; any thread may call it.

        Viewers with the extended clipboard ask for it when they need it; others get what Latin-1 has of it.

        Raises:
            ValueError: It is too large.
        """
        clipboard.provide_message(text)
        plain = clipboard.plain_message(codes.SERVER_CUT_TEXT, text)
        notify = ClipboardMessage(clipboard.NOTIFY | clipboard.FORMAT_TEXT)
        extended = clipboard_bytes(codes.SERVER_CUT_TEXT, notify)
        with self.framebuffer.lock:
            self.cut_text = text
            for session in tuple(self.sessions):
                knows = codes.EXTENDED_CLIPBOARD in session.output.wishes
                session.output.send(extended if knows else plain)

    def set_leds(self, leds: int) -> None:
        """Show which lights of the keyboard are on; any thread may call it."""
        with self.framebuffer.lock:
            self.leds = leds
            for session in tuple(self.sessions):
                session.output.set_leds(leds)

    def set_name(self, name: str) -> None:
        """Call the desktop *name*; any thread may call it."""
        with self.framebuffer.lock:
            self.name = name
            self.show_control()

    def show_control(self) -> None:
        """Tell all viewers the desktop's name, and by it who has control of it; any thread may call it."""
        with self.framebuffer.lock:
            for session in tuple(self.sessions):
                session.output.set_name(self._title(session))

    def _title(self, session: Session) -> str:
        return self.name + ("" if self.control is None else self.control.title(session))

    def hears(self, session: Session, event: KeyEvent | PointerEvent | CutText) -> bool:
        """Tell whether *event* of *session* comes to the desktop; it may take `control` by it."""
        return session.may_act and (self.control is None or self.control.allows(session, event))

    def obeys(self, session: Session) -> bool:
        """Tell whether *session* may change what is no input, such as the size; nobody takes `control` so."""
        return session.may_act and (self.control is None or self.control.holder in {None, session})

    def resize(self, width: int, height: int, by: Session | None = None) -> None:
        """Change the framebuffer's size, and tell viewers whether it was one of them who wished it."""
        with self.framebuffer.lock:
            self.framebuffer.resize(width, height)
            for session in tuple(self.sessions):
                if by is not None and codes.EXTENDED_DESKTOP_SIZE in session.output.wishes:
                    mine = session is by
                    reason = codes.SIZE_BY_THIS_CLIENT if mine else codes.SIZE_BY_OTHER_CLIENT
                    session.output.tell_size(reason, codes.SIZE_DONE)

    def end_sessions(self, reason: str) -> None:
        """Send every viewer away."""
        for session in tuple(self.sessions):
            session.end(reason)

    def _send_all(self, message: bytes) -> None:
        with self.framebuffer.lock:
            for session in tuple(self.sessions):
                session.output.send(message)
