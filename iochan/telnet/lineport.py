"""The port of a server that serves somebody else's line: settings go to a real port, if there is one."""

from __future__ import annotations

from typing_extensions import override

from iochan.core.sideband import LineSource
from iochan.telnet.comport import ComPort, PortCommand, PortControl, Purge
from iochan.telnet.pyserialport import PyserialPort
from iochan.telnet.simport import SimulatedPort

__all__ = ["LinePort"]


class LinePort(ComPort):
    """Sets the line that `follow` names, while there is one and the client may; else a `SimulatedPort`.

    A client that may not set it is told what is in force, as one is whose wish the hardware cannot fulfil.
    """

    def __init__(self) -> None:
        self._plain = SimulatedPort()
        self._source: LineSource | None = None

    def follow(self, source: LineSource) -> None:
        """Ask *source* from now on for the line, each time when something is set or asked."""
        self._source = source

    def _port(self) -> tuple[ComPort, bool]:
        if self._source is None:
            return self._plain, True
        line, may_set = self._source()
        return (self._plain if line is None else PyserialPort(line)), may_set

    @override
    def configure(self, command: PortCommand, value: int) -> int:
        port, may_set = self._port()
        return port.configure(command, value if may_set else 0)

    @override
    def control(self, value: PortControl) -> PortControl:
        port, may_set = self._port()
        return port.control(value if may_set else value.group)

    @override
    def purge(self, which: Purge) -> None:
        port, may_set = self._port()
        if may_set:
            port.purge(which)

    @override
    def modem_lines(self) -> int:
        return self._port()[0].modem_lines()

    @override
    def line_state(self) -> int:
        return self._port()[0].line_state()
