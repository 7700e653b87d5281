"""A desktop that writes down what is done to it."""

from __future__ import annotations

import sys

from typing_extensions import override

from iochan.vnc import codes
from iochan.vnc.clientmessage import KeyEvent, PointerEvent
from iochan.vnc.desktop import Desktop
from iochan.vnc.session import Session

__all__ = ["Notes"]


class Notes(Desktop):
    """Keeps what it hears, and by whom; everybody may make it *widest* pixels wide."""

    def __init__(self, widest: int = sys.maxsize) -> None:
        self.heard: list[object] = []
        self.users: list[str | None] = []
        self._widest = widest

    def _hear(self, session: Session, what: object) -> None:
        self.heard.append(what)
        self.users.append(session.user)

    @override
    def key(self, session: Session, event: KeyEvent) -> None:
        self._hear(session, event)

    @override
    def pointer(self, session: Session, event: PointerEvent) -> None:
        self._hear(session, event)

    @override
    def cut_text(self, session: Session, text: str) -> None:
        self._hear(session, text)

    @override
    def resize(self, session: Session, width: int, height: int) -> int:
        return codes.SIZE_DONE if width <= self._widest else codes.SIZE_NO_RESOURCES
