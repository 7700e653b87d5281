"""What passes beside the bytes of a console: breaks, the size of a window, how a port is set, its wires."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from iochan.chardev.screen import ScreenPast
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.errors import IochanError
from iochan.core.loop import Loop
from iochan.core.op import Op
from iochan.core.sideband import (
    FOLLOW_LINE,
    RESTORE_LINE,
    SEND_BREAK,
    SERIAL_LINE,
    SET_WINDOW_SIZE,
    TELL_LINE,
    WATCH_PEER,
)
from iochan.core.task import Task

if TYPE_CHECKING:
    from iochan.chardev.hub import Hub
    from iochan.chardev.session import Session

__all__ = ["LINE_SECONDS", "ConsoleLine"]

LINE_SECONDS: Final = 0.25
"""How often the wires of a serial port are looked at, while somebody wants to know of them."""


class ConsoleLine:
    """The line of *hub*'s device, as far as it is no stream of bytes.

    A serial port that went away is set as it was when it is back, whatever was set meanwhile included.

    Args:
        loop: The hub's.
        hub: The console.
    """

    def __init__(self, loop: Loop, hub: Hub) -> None:
        self._loop = loop
        self._hub = hub
        self._port: Any = None
        self._look: Task[None] | None = None

    def join(self, session: Session) -> None:
        """Hear from now on what *session* says beside the bytes, and tell it of the port, if that can be."""
        channel = session.channel
        watch = channel.extra(WATCH_PEER, None)
        if watch is not None:
            watch(_Watcher(self, session))
        follow = channel.extra(FOLLOW_LINE, None)
        if follow is not None:
            # A port that is away keeps what is set, for its return.
            follow(lambda: (self._port, self._hub.may_write(session)))
            if self._look is None or self._look.finished:
                self._look = Task(self._loop, self._look_op())

    def close(self) -> None:
        """Look at the port no more."""
        if self._look is not None:
            self._look.cancel()

    def device_changed(self) -> None:
        """Take note that the device has come or gone."""
        channel = self._hub.device.channel
        port = None if channel is None else channel.extra(SERIAL_LINE, None)
        if channel is not None and port is not None and port is not self._port:
            restore = channel.extra(RESTORE_LINE, None)
            if self._port is not None and restore is not None:
                restore(self._port)
            self._port = port

    def send_break(self) -> bool:
        """Send a break to the device; False if it knows none, or is away."""
        channel = self._hub.device.channel
        send = None if channel is None else channel.extra(SEND_BREAK, None)
        if send is None:
            return False
        Task(self._loop, send())
        return True

    def peer_break(self, session: Session) -> None:
        """Pass a break of *session* on, if it may write."""
        if self._hub.may_write(session):
            self.send_break()

    def set_window(self, session: Session, rows: int, columns: int) -> None:
        """Note the size of *session*'s window; that of who writes is the device's."""
        session.window = rows, columns
        if self._hub.may_write(session):
            self.apply_window(session)

    def apply_window(self, session: Session) -> None:
        """Give the device the size of *session*'s window, if both know of such."""
        hub = self._hub
        channel = hub.device.channel
        tell = None if channel is None else channel.extra(SET_WINDOW_SIZE, None)
        if session.window is not None and tell is not None:
            tell(*session.window)
            if isinstance(hub.past, ScreenPast):
                hub.past.resize(*session.window)
            for tap in hub.taps:
                tap.resize(*session.window)

    def _look_op(self) -> Op[None]:
        """Tell everyone who follows the port what changed, until nobody does."""
        while followers := [one for one in self._hub.sessions.values() if _tells(one)]:
            if self._port is not None:
                for session in followers:
                    self._tell(session)
            until = clock.now() + LINE_SECONDS
            while clock.now() < until:
                yield Blocked(deadline=until)

    def _tell(self, session: Session) -> None:
        tell = session.channel.extra(TELL_LINE, None)
        # One whose channel is broken is on its way out: its reader meets the same end.
        with suppress(IochanError, OSError):
            if tell is not None:
                tell()
                session.outlet.flush()


def _tells(session: Session) -> bool:
    return session.channel.extra(TELL_LINE, None) is not None


class _Watcher:
    """Hears what one client says beside the bytes."""

    def __init__(self, line: ConsoleLine, session: Session) -> None:
        self._line = line
        self._session = session

    def peer_break(self) -> None:
        """Pass a break on, if it is the client's turn."""
        self._line.peer_break(self._session)

    def peer_window(self, rows: int, columns: int) -> None:
        """Pass the window on; a side of 0 is none (RFC 1073)."""
        if rows and columns:
            self._line.set_window(self._session, rows, columns)

    def peer_hold(self, *, on: bool) -> None:
        """Keep the client's bytes back, or let them go."""
        self._session.outlet.hold(on=on)
