"""What a viewer asks for, done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iochan.vnc import clipboard, codes
from iochan.vnc.clientmessage import (
    ClientMessage,
    CutText,
    EnableContinuous,
    FenceMessage,
    KeyEvent,
    PointerEvent,
    SetDesktopSize,
    SetEncodings,
    SetPixelFormat,
    UpdateRequest,
)
from iochan.vnc.clipboard import ClipboardMessage
from iochan.vnc.framebuffer import fits
from iochan.vnc.rect import Rect
from iochan.vnc.update import clipboard_bytes
from iochan.vnc.wishes import Wishes

if TYPE_CHECKING:
    from iochan.vnc.session import Session

__all__ = ["handle"]


def handle(session: Session, message: ClientMessage) -> None:
    """Do what *message* of *session* asks for, as far as it may."""
    if isinstance(message, (KeyEvent, PointerEvent, CutText)):
        _act(session, message)
        return
    if isinstance(message, ClipboardMessage):
        _clipboard(session, message)
        return
    output = session.output
    match message:
        case UpdateRequest(incremental, area):
            output.request(area, incremental=incremental)
        case SetPixelFormat() | SetEncodings():
            _set_up(session, message)
        case EnableContinuous(on, area):
            output.set_continuous(area, on=on)
        case FenceMessage(flags, payload):
            _fence(session, flags, payload)
        case SetDesktopSize():
            _resize(session, message)


def _act(session: Session, message: KeyEvent | PointerEvent | CutText) -> None:
    if not session.server.hears(session, message):
        return
    desktop = session.server.desktop
    match message:
        case KeyEvent():
            desktop.key(session, message)
        case PointerEvent():
            desktop.pointer(session, message)
        case CutText(text):
            desktop.cut_text(session, text)


def _set_up(session: Session, message: SetPixelFormat | SetEncodings) -> None:
    if isinstance(message, SetPixelFormat):
        session.output.set_form(message.form)
        return
    wishes = Wishes(message.numbers)
    if codes.EXTENDED_CLIPBOARD in wishes.news(session.output.wishes):
        session.output.send(clipboard_bytes(codes.SERVER_CUT_TEXT, clipboard.caps_message()))
    session.output.set_wishes(wishes)
    if codes.LED_STATE in wishes and session.server.leds is not None:
        session.output.set_leds(session.server.leds)


def _fence(session: Session, flags: int, payload: bytes) -> None:
    if flags & codes.FENCE_REQUEST:
        # Updates go out whole and in order, so every kind of barrier holds.
        session.output.send(FenceMessage(flags & codes.FENCE_KNOWN, payload).pack())
    else:
        session.output.seen(payload)


def _resize(session: Session, message: SetDesktopSize) -> None:
    size = Rect(0, 0, message.width, message.height)
    if not message.screens or not all(place.within(size) for _, place, _ in message.screens):
        status = codes.SIZE_BAD_LAYOUT
    elif not fits(message.width, message.height):
        status = codes.SIZE_NO_RESOURCES
    elif not session.server.obeys(session):
        status = codes.SIZE_PROHIBITED
    else:
        later = session.server.desktop.resize(session, message.width, message.height)
        if later is None:
            return
        status = later
    if status == codes.SIZE_DONE:
        session.server.resize(message.width, message.height, session)
    else:
        session.output.tell_size(codes.SIZE_BY_THIS_CLIENT, status)


def _clipboard(session: Session, message: ClipboardMessage) -> None:
    server, action = session.server, message.action
    if action == clipboard.NOTIFY and message.flags & clipboard.FORMAT_TEXT:
        if not server.obeys(session):
            return
        answer = ClipboardMessage(clipboard.REQUEST | clipboard.FORMAT_TEXT)
    elif (
        action == clipboard.REQUEST and message.flags & clipboard.FORMAT_TEXT and server.cut_text is not None
    ):
        answer = clipboard.provide_message(server.cut_text)
    elif action == clipboard.PEEK:
        answer = ClipboardMessage(clipboard.NOTIFY | (clipboard.FORMAT_TEXT if server.cut_text else 0))
    else:
        if action == clipboard.PROVIDE and message.text is not None:
            _act(session, CutText(message.text))
        return
    session.output.send(clipboard_bytes(codes.SERVER_CUT_TEXT, answer))
