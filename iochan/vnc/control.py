"""One viewer at a time that acts, while all look."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from iochan.core import clock
from iochan.vnc import codes
from iochan.vnc.clientmessage import CutText, KeyEvent, PointerEvent

if TYPE_CHECKING:
    from iochan.vnc.session import Session

__all__ = ["IDLE_SECONDS", "Control"]

IDLE_SECONDS: Final = 5.0
"""After so long without a key or a click of who has control, another viewer may take it."""


class Control:
    """Gives the desktop to one viewer at a time: to the first who presses a key or a button.

    Another one who does so is not heard while it is in use: its bell rings, and both are told by the
    desktop's name who has control and who waits for it. Once the holder has done nothing for *idle* seconds,
    or is gone, the next who acts takes over, and the keys and buttons that the holder had down go up first.

    Moving the pointer and copying text take no control.

    Args:
        idle: Seconds; infinity lets a holder keep it until it leaves.
    """

    def __init__(self, idle: float = IDLE_SECONDS) -> None:
        self._idle = idle
        self._lock = threading.Lock()
        self._holder: Session | None = None
        self._waiting: Session | None = None
        self._until = 0.0
        self._keys: dict[tuple[int, int], KeyEvent] = {}
        self._pointer: PointerEvent | None = None

    @property
    def holder(self) -> Session | None:
        """Who has control; None while nobody has taken it."""
        return self._holder

    def allows(self, session: Session, event: KeyEvent | PointerEvent | CutText) -> bool:
        """Tell whether *event* of *session*, which may act at all, is heard; it may take control by it."""
        changed = waits = False
        undo: list[KeyEvent | PointerEvent] = []
        with self._lock:
            before, now = self._holder, clock.now()
            if session is not before:
                if not _acts(event):
                    return False
                changed = before is None or now >= self._until
                waits = not changed and session is not self._waiting
                if changed:
                    undo = self._take(session)
                elif waits:
                    self._waiting = session
            if session is self._holder:
                self._until = now + self._idle
                self._note(event)
        # Told without the lock: whoever hears it may have one of its own.
        _undo(before, undo)
        if waits:
            session.output.send(bytes([codes.BELL]))
        if changed or waits:
            session.server.show_control()
        return session is self._holder

    def release(self) -> None:
        """Take control from who has it: the next who acts gets it."""
        with self._lock:
            before = self._holder
            undo = self._take(None)
        _undo(before, undo)
        if before is not None:
            before.server.show_control()

    def left(self, session: Session) -> None:
        """Forget *session*, which is gone."""
        with self._lock:
            if session is self._waiting:
                self._waiting = None
            holds = session is self._holder
        if holds:
            self.release()
        else:
            session.server.show_control()

    def title(self, session: Session) -> str:
        """Return what stands behind the desktop's name for *session*."""
        with self._lock:
            holder, waiting = self._holder, self._waiting
        if holder is None:
            return ""
        if session is not holder:
            return f" ({_named(holder)} has control)"
        return " (you have control)" if waiting is None else f" (you have control, {_named(waiting)} waits)"

    def _take(self, session: Session | None) -> list[KeyEvent | PointerEvent]:
        """Give control to *session*; return what lets go all that is down."""
        undo: list[KeyEvent | PointerEvent] = [
            KeyEvent(False, event.keysym, event.scancode) for event in self._keys.values()
        ]
        if self._pointer is not None and self._pointer.buttons:
            undo.append(PointerEvent(0, self._pointer.x, self._pointer.y))
        self._keys.clear()
        self._pointer = None
        self._holder = session
        if session is self._waiting:
            self._waiting = None
        return undo

    def _note(self, event: KeyEvent | PointerEvent | CutText) -> None:
        """Remember what is down."""
        if isinstance(event, PointerEvent):
            self._pointer = event
        elif isinstance(event, KeyEvent):
            if event.down:
                self._keys[event.keysym, event.scancode] = event
            else:
                self._keys.pop((event.keysym, event.scancode), None)


def _undo(session: Session | None, events: list[KeyEvent | PointerEvent]) -> None:
    if session is None:
        return
    desktop = session.server.desktop
    for event in events:
        if isinstance(event, KeyEvent):
            desktop.key(session, event)
        else:
            desktop.pointer(session, event)


def _acts(event: KeyEvent | PointerEvent | CutText) -> bool:
    """Tell whether *event* is more than a movement, a key that goes up, or a copied text."""
    if isinstance(event, KeyEvent):
        return event.down
    return isinstance(event, PointerEvent) and event.buttons != 0


def _named(session: Session) -> str:
    return session.user or str(session.peer)
