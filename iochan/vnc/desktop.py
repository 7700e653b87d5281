"""What a program does with what its viewers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iochan.vnc import codes
from iochan.vnc.clientmessage import KeyEvent, PointerEvent

if TYPE_CHECKING:
    from iochan.vnc.session import Session

__all__ = ["Desktop"]


class Desktop:
    """Hears of viewers and of their input; a program overrides what it cares about.

    Nothing here may wait: it is called in the midst of the clients' work. What a viewer with view-only
    access sends does not come here.
    """

    def joined(self, session: Session) -> None:
        """*session* has come in."""

    def left(self, session: Session) -> None:
        """*session* is gone."""

    def key(self, session: Session, event: KeyEvent) -> None:
        """A key went down or up."""

    def pointer(self, session: Session, event: PointerEvent) -> None:
        """The pointer moved, or a button went down or up."""

    def cut_text(self, session: Session, text: str) -> None:
        """The viewer's clipboard has *text*."""

    def resize(self, session: Session, width: int, height: int) -> int | None:  # noqa: ARG002 - for those who can
        """Say what becomes of a viewer's wish for another size; the server then resizes the framebuffer.

        Returns:
            `codes.SIZE_DONE` to agree, or why not; the default is `codes.SIZE_PROHIBITED`. None if the
            viewer is told later, by ``session.output.tell_size``.
        """
        return codes.SIZE_PROHIBITED
