"""A serial port without hardware: takes every sensible setting, and keeps it."""

from __future__ import annotations

from typing import Final

from typing_extensions import override

from iochan.telnet.comport import (
    ComPort,
    LineState,
    ModemState,
    PortCommand,
    PortControl,
    PortParity,
    Purge,
    StopSize,
)

__all__ = ["SimulatedPort"]

_SENSIBLE: Final = {
    PortCommand.DATASIZE: range(5, 9),
    PortCommand.PARITY: range(PortParity.NONE, PortParity.SPACE + 1),
    PortCommand.STOPSIZE: range(StopSize.ONE, StopSize.ONE_AND_HALF + 1),
}


class SimulatedPort(ComPort):
    """A port for what has no wires: a program on a terminal, a guest's console, a test.

    Its modem lines are those of a peer that is there and ready, until `lines` says otherwise.

    Attributes:
        settings: The four values that `configure` sets: 9600 8N1 at first.
        controls: What is in force, by the value that asks for it.
        lines: The modem lines, as bits of `ModemState`.
        purges: How many times buffers were emptied.
    """

    def __init__(self) -> None:
        self.settings: dict[PortCommand, int] = {
            PortCommand.BAUDRATE: 9600,
            PortCommand.DATASIZE: 8,
            PortCommand.PARITY: PortParity.NONE,
            PortCommand.STOPSIZE: StopSize.ONE,
        }
        self.controls: dict[PortControl, PortControl] = {
            PortControl.ASK_FLOW: PortControl.FLOW_NONE,
            PortControl.ASK_BREAK: PortControl.BREAK_OFF,
            PortControl.ASK_DTR: PortControl.DTR_ON,
            PortControl.ASK_RTS: PortControl.RTS_ON,
            PortControl.ASK_INBOUND_FLOW: PortControl.INBOUND_NONE,
        }
        self.lines: int = ModemState.CTS | ModemState.DSR | ModemState.CD
        self.purges = 0

    @override
    def configure(self, command: PortCommand, value: int) -> int:
        if value and value in _SENSIBLE.get(command, (value,)):
            self.settings[command] = value
        return self.settings[command]

    @override
    def control(self, value: PortControl) -> PortControl:
        group = value.group
        if value != group:
            self.controls[group] = value
        return self.controls[group]

    @override
    def purge(self, which: Purge) -> None:
        self.purges += 1

    @override
    def modem_lines(self) -> int:
        return self.lines

    @override
    def line_state(self) -> int:
        return LineState.HOLDING_EMPTY | LineState.SHIFT_EMPTY
