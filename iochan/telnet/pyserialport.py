"""A real serial port, held by pyserial, as RFC 2217 sees it."""

from __future__ import annotations

import termios
from contextlib import suppress
from typing import Any, Final

from typing_extensions import override

from iochan.telnet.comport import (
    ComPort,
    ModemState,
    PortCommand,
    PortControl,
    PortParity,
    Purge,
    StopSize,
)

__all__ = ["PyserialPort"]

_REFUSALS: Final = (OSError, ValueError, termios.error)
"""How pyserial tells of what the driver will not have: `termios.error` is no OSError."""

_PARITIES: Final = {
    PortParity.NONE: "N",
    PortParity.ODD: "O",
    PortParity.EVEN: "E",
    PortParity.MARK: "M",
    PortParity.SPACE: "S",
}
_STOPS: Final = {StopSize.ONE: 1, StopSize.TWO: 2, StopSize.ONE_AND_HALF: 1.5}
_SIZES: Final = {5: termios.CS5, 6: termios.CS6, 7: termios.CS7, 8: termios.CS8}
_NAMES: Final = {
    PortCommand.BAUDRATE: "baudrate",
    PortCommand.DATASIZE: "bytesize",
    PortCommand.PARITY: "parity",
    PortCommand.STOPSIZE: "stopbits",
}


class PyserialPort(ComPort):
    """The settings of *port*; its data go by a channel of its own.

    Args:
        port: An open ``serial.Serial``, which the caller keeps and closes.
    """

    def __init__(self, port: Any) -> None:  # noqa: ANN401 - pyserial has no types of its own
        self._port = port

    @override
    def configure(self, command: PortCommand, value: int) -> int:
        name = _NAMES[command]
        if value:
            before = getattr(self._port, name)
            try:
                setattr(self._port, name, self._to_pyserial(command, value))
                taken = self._is_in_force()
            except _REFUSALS:
                taken = False
            if not taken:
                # The driver will not have it: what was in force goes on.
                with suppress(*_REFUSALS):
                    setattr(self._port, name, before)
        return self._from_pyserial(command, getattr(self._port, name))

    def _is_in_force(self) -> bool:
        """Tell whether the driver has what pyserial was told.

        The C library takes a setting for done when any of its parts is (tcsetattr(3)): a terminal of the
        kernel passes over a parity, and pyserial does not look.
        """
        port = self._port
        descriptor = getattr(port, "fd", None)
        if descriptor is None:
            return True  # no terminal: pyserial's loop, or a port beyond a network
        flags = termios.tcgetattr(descriptor)[2]
        parity = bool(flags & termios.PARENB) == (port.parity != "N")
        return parity and int(flags) & termios.CSIZE == _SIZES[int(port.bytesize)]

    @staticmethod
    def _to_pyserial(command: PortCommand, value: int) -> object:
        if command is PortCommand.PARITY:
            return _PARITIES[PortParity(value)]
        return _STOPS[StopSize(value)] if command is PortCommand.STOPSIZE else value

    @staticmethod
    def _from_pyserial(command: PortCommand, value: Any) -> int:  # noqa: ANN401 - as pyserial has it
        table: dict[Any, Any] = {}
        if command is PortCommand.PARITY:
            table = {theirs: ours for ours, theirs in _PARITIES.items()}
        elif command is PortCommand.STOPSIZE:
            table = {theirs: ours for ours, theirs in _STOPS.items()}
        return int(table.get(value, value))

    @override
    def control(self, value: PortControl) -> PortControl:
        port, group = self._port, value.group
        if value != group:
            # A terminal of the kernel has no such line: what is in force is said below.
            with suppress(*_REFUSALS):
                self._set(value)
        if group in {PortControl.ASK_FLOW, PortControl.ASK_INBOUND_FLOW}:
            kind = 1 if port.xonxoff else 2 if port.rtscts else 0
            first = PortControl.FLOW_NONE if group is PortControl.ASK_FLOW else PortControl.INBOUND_NONE
            return PortControl(first + kind)
        on = {
            PortControl.ASK_BREAK: port.break_condition,
            PortControl.ASK_DTR: port.dtr,
            PortControl.ASK_RTS: port.rts,
        }[group]
        return PortControl(group + (1 if on else 2))

    def _set(self, value: PortControl) -> None:
        port, group = self._port, value.group
        if group is PortControl.ASK_FLOW or group is PortControl.ASK_INBOUND_FLOW:
            port.xonxoff = value in {PortControl.FLOW_XON_XOFF, PortControl.INBOUND_XON_XOFF}
            port.rtscts = value in {PortControl.FLOW_HARDWARE, PortControl.INBOUND_HARDWARE}
        elif group is PortControl.ASK_BREAK:
            port.break_condition = value is PortControl.BREAK_ON
        elif group is PortControl.ASK_DTR:
            port.dtr = value is PortControl.DTR_ON
        else:
            port.rts = value is PortControl.RTS_ON

    @override
    def purge(self, which: Purge) -> None:
        # A port that is away has nothing to empty.
        with suppress(*_REFUSALS):
            if which is not Purge.UNSENT:
                self._port.reset_input_buffer()
            if which is not Purge.RECEIVED:
                self._port.reset_output_buffer()

    @override
    def modem_lines(self) -> int:
        port = self._port
        lines = 0
        for name, bit in (
            ("cts", ModemState.CTS),
            ("dsr", ModemState.DSR),
            ("ri", ModemState.RI),
            ("cd", ModemState.CD),
        ):
            try:
                lines |= bit if getattr(port, name) else 0
            except _REFUSALS:
                # A terminal of the kernel has no modem lines.
                return 0
        return lines
