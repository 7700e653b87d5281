"""What a peer says beside the data: taken one by one, or handed to a callback as it comes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from iochan.telnet.command import Command

__all__ = [
    "MAX_EVENTS",
    "CommandEvent",
    "EventQueue",
    "OptionEvent",
    "PortEvent",
    "TelnetEvent",
    "TerminalEvent",
    "WindowEvent",
]

MAX_EVENTS: Final = 64
"""How many events wait at most; when one more comes, the oldest is dropped and counted."""


@dataclass(frozen=True, slots=True)
class CommandEvent:
    """The peer sent a command: a break, an interrupt, a question whether we are there."""

    command: Command


@dataclass(frozen=True, slots=True)
class OptionEvent:
    """An option was turned on or off by agreement.

    Attributes:
        option: Which; one of `iochan.telnet.option.Option`.
        ours: Whether it is about our side of the connection.
        on: Its new state.
    """

    option: int
    ours: bool
    on: bool


@dataclass(frozen=True, slots=True)
class WindowEvent:
    """The peer's window has this size now; 0 means that the peer does not say (RFC 1073)."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class TerminalEvent:
    """The peer's terminal is of this type, as terminfo spells it, in lower case (RFC 1091)."""

    name: str


@dataclass(frozen=True, slots=True)
class PortEvent:
    """The peer said something about a serial port (RFC 2217).

    Attributes:
        what: The command, one of `iochan.telnet.comport.PortCommand`: for a server what the client
            asked for, for a client what the server answered or reports.
        value: The value that is in force now; the bits of a state or mask; text for a signature.
    """

    what: int
    value: int | str


TelnetEvent = CommandEvent | OptionEvent | WindowEvent | TerminalEvent | PortEvent


class EventQueue:
    """Events in the order in which they came, at most `MAX_EVENTS`.

    Of sizes in a row only the last is kept: who drags the edge of a window sends hundreds.

    Attributes:
        dropped: How many were lost because nobody took them.
    """

    def __init__(self) -> None:
        self._events: deque[TelnetEvent] = deque()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: TelnetEvent) -> None:
        """Append *event*; the oldest goes if there are too many."""
        events = self._events
        if events and isinstance(event, WindowEvent) and isinstance(events[-1], WindowEvent):
            events[-1] = event
            return
        if len(events) == MAX_EVENTS:
            events.popleft()
            self.dropped += 1
        events.append(event)

    def take(self) -> TelnetEvent | None:
        """Return the oldest event and forget it; None if there is none."""
        return self._events.popleft() if self._events else None
