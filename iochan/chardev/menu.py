"""What a client can tell the server: the escape key and one of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iochan.chardev.escape import show_key
from iochan.chardev.role import Role

if TYPE_CHECKING:
    from iochan.chardev.hub import Hub
    from iochan.chardev.session import Session

__all__ = ["COMMANDS", "Command", "run_command"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        keys: The characters that stand for it.
        doc: What the help says.
        role: Who may use it.
        run: Does it.
    """

    keys: str
    doc: str
    role: Role
    run: Callable[[Hub, Session], None]


def run_command(hub: Hub, session: Session, key: int) -> None:
    """Do what *session* asked for by *key*, or tell it why not."""
    command = _BY_KEY.get(chr(key).lower())
    if command is None:
        session.tell(f"no command: {show_key(session.front.escape)} h shows them")
    elif session.role < command.role:
        session.tell(f"{command.doc}: only for {command.role.name.lower()}s")
    else:
        command.run(hub, session)


def _help(_: Hub, session: Session) -> None:
    key = show_key(session.front.escape)
    for command in COMMANDS:
        if session.role >= command.role:
            session.tell(f"{key} {command.keys[0]}  {command.doc}")
    session.tell(f"{key} {key}  send {key} itself")


def _who(hub: Hub, session: Session) -> None:
    session.tell(f"{hub.name}: {hub.device.state}, {len(hub.sessions)} clients")
    for one in hub.sessions.values():
        marks = [
            *(["writes"] if hub.pen.holder is one else []),
            *(["asks"] if one in hub.pen.asking else []),
            *([f"missed {one.outlet.lost} bytes"] if one.outlet.lost else []),
            *(["you"] if one is session else []),
        ]
        session.tell(", ".join([one.describe(), *marks]))


def _take(hub: Hub, session: Session) -> None:
    if hub.pen.take(session):
        session.tell("you may write")
    elif hub.pen.holder is not None:
        session.tell(f"{hub.pen.holder.describe()} writes")


def _ask(hub: Hub, session: Session) -> None:
    if hub.pen.ask(session):
        session.tell("you may write")
    elif hub.pen.holder is not None:
        session.tell(f"{hub.pen.holder.describe()} writes, and was asked")
        hub.pen.holder.tell(f"{session.describe()} asks to write")


def _release(hub: Hub, session: Session) -> None:
    if hub.pen.holder is not session:
        hub.pen.leave(session)
        session.tell("you do not write")
        return
    heir = hub.pen.leave(session)
    session.tell("you write no more")
    if heir is not None:
        heir.tell("you may write now")


def _force(hub: Hub, session: Session) -> None:
    before = hub.pen.force(session)
    session.tell("you may write")
    if before is not None:
        before.tell(f"{session.describe()} writes instead of you")


def _break(hub: Hub, session: Session) -> None:
    if not hub.pen.may_write(session) and session.role < Role.ADMIN:
        session.tell("a break is for who writes")
    elif hub.line.send_break():
        hub.announce(f"{session.describe()} sent a break")
    else:
        session.tell("the device takes no break")


def _log(hub: Hub, session: Session) -> None:
    for tap in hub.taps:
        session.tell(tap.state)
    if not hub.taps:
        session.tell("no record is kept")


def _past(hub: Hub, session: Session) -> None:
    session.outlet.send(hub.past.read() or b"\r\n")


def _disconnect(hub: Hub, session: Session) -> None:
    hub.disconnect(session, "goodbye")


def _others_out(hub: Hub, session: Session) -> None:
    others = [one for one in hub.sessions.values() if one is not session]
    for one in others:
        hub.disconnect(one, f"{session.describe()} disconnected you")
    session.tell(f"{len(others)} disconnected")


COMMANDS = (
    Command("h?", "show this", Role.OBSERVER, _help),
    Command("x.", "disconnect", Role.OBSERVER, _disconnect),
    Command("w", "show who is here", Role.OBSERVER, _who),
    Command("l", "show what is recorded", Role.OBSERVER, _log),
    Command("p", "show the past again", Role.OBSERVER, _past),
    Command("t", "write, if nobody does", Role.WRITER, _take),
    Command("a", "ask who writes to let you", Role.WRITER, _ask),
    Command("r", "write no more", Role.WRITER, _release),
    Command("b", "send a break", Role.WRITER, _break),
    Command("f", "write, whoever does now", Role.ADMIN, _force),
    Command("k", "disconnect everybody else", Role.ADMIN, _others_out),
)
"""All commands; capital letters do the same."""

_BY_KEY = {key: command for command in COMMANDS for key in command.keys}
