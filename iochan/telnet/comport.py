"""The numbers of RFC 2217, and a serial port as it sees one: a few values, set and asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum
from typing import Final

__all__ = [
    "MAX_BAUDRATE",
    "MAX_SIGNATURE",
    "ComPort",
    "LineState",
    "ModemState",
    "PortCommand",
    "PortControl",
    "PortParity",
    "Purge",
    "StopSize",
]

MAX_SIGNATURE: Final = 255
"""Bytes of a signature: the RFC names no limit."""

MAX_BAUDRATE: Final = 2**32 - 1
"""The largest speed that four bytes can say."""


class PortCommand(IntEnum):
    """What a client says; a server answers with the same number and 100."""

    SIGNATURE = 0
    BAUDRATE = 1
    DATASIZE = 2
    PARITY = 3
    STOPSIZE = 4
    CONTROL = 5
    LINESTATE = 6
    MODEMSTATE = 7
    SUSPEND = 8
    RESUME = 9
    LINESTATE_MASK = 10
    MODEMSTATE_MASK = 11
    PURGE = 12


class PortParity(IntEnum):
    """Values of ``PortCommand.PARITY``; 0 asks."""

    NONE = 1
    ODD = 2
    EVEN = 3
    MARK = 4
    SPACE = 5


class StopSize(IntEnum):
    """Values of ``PortCommand.STOPSIZE``; 0 asks."""

    ONE = 1
    TWO = 2
    ONE_AND_HALF = 3


class PortControl(IntEnum):
    """Values of ``PortCommand.CONTROL``: the first of each group asks, the others set."""

    ASK_FLOW = 0
    FLOW_NONE = 1
    FLOW_XON_XOFF = 2
    FLOW_HARDWARE = 3
    ASK_BREAK = 4
    BREAK_ON = 5
    BREAK_OFF = 6
    ASK_DTR = 7
    DTR_ON = 8
    DTR_OFF = 9
    ASK_RTS = 10
    RTS_ON = 11
    RTS_OFF = 12
    ASK_INBOUND_FLOW = 13
    INBOUND_NONE = 14
    INBOUND_XON_XOFF = 15
    INBOUND_HARDWARE = 16
    FLOW_DCD = 17
    INBOUND_DTR = 18
    FLOW_DSR = 19

    @property
    def group(self) -> PortControl:
        """The value that asks for the group that this one belongs to."""
        return _GROUPS[self] if self in _GROUPS else max(ask for ask in _ASKS if ask <= self)


_ASKS: Final = (
    PortControl.ASK_FLOW,
    PortControl.ASK_BREAK,
    PortControl.ASK_DTR,
    PortControl.ASK_RTS,
    PortControl.ASK_INBOUND_FLOW,
)
_GROUPS: Final = {
    PortControl.FLOW_DCD: PortControl.ASK_FLOW,
    PortControl.INBOUND_DTR: PortControl.ASK_INBOUND_FLOW,
    PortControl.FLOW_DSR: PortControl.ASK_FLOW,
}


class Purge(IntEnum):
    """Values of ``PortCommand.PURGE``: which buffers of the port are emptied."""

    RECEIVED = 1
    UNSENT = 2
    BOTH = 3


class LineState(IntEnum):
    """Bits of a line state."""

    DATA_READY = 1
    OVERRUN = 2
    PARITY_ERROR = 4
    FRAMING_ERROR = 8
    BREAK = 16
    HOLDING_EMPTY = 32
    SHIFT_EMPTY = 64
    TIMEOUT = 128


class ModemState(IntEnum):
    """Bits of a modem state: four lines, and for each whether it changed since the last report."""

    CTS_CHANGED = 1
    DSR_CHANGED = 2
    RI_ENDED = 4
    CD_CHANGED = 8
    CTS = 16
    DSR = 32
    RI = 64
    CD = 128


class ComPort(ABC):
    """A serial port that a server lets its clients set.

    No method waits. What a port cannot do it leaves as it is: the client is told what is in force.
    """

    @abstractmethod
    def configure(self, command: PortCommand, value: int) -> int:
        """Set one of BAUDRATE, DATASIZE, PARITY and STOPSIZE and return what is in force now.

        Args:
            command: Which.
            value: The new value; 0 only asks.
        """

    @abstractmethod
    def control(self, value: PortControl) -> PortControl:
        """Set or ask a kind of flow control, the break, DTR or RTS; return what is in force of its group."""

    @abstractmethod
    def purge(self, which: Purge) -> None:
        """Empty buffers of the port."""

    @abstractmethod
    def modem_lines(self) -> int:
        """Return CTS, DSR, RI and CD as bits of `ModemState`, without what changed."""

    def line_state(self) -> int:
        """Return bits of `LineState`; most ports do not know any."""
        return 0
