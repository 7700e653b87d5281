"""The server's end of RFC 2217: sets a port as the client asks, and says what is in force."""

from __future__ import annotations

from typing import Final

from typing_extensions import override

from iochan.core.errors import show_bytes
from iochan.telnet.comport import MAX_SIGNATURE, ComPort, ModemState, PortCommand, PortControl, Purge
from iochan.telnet.comportend import ANSWER, ComPortEnd, pack_number, read_number
from iochan.telnet.event import PortEvent

__all__ = ["ComPortServer"]

_SETTINGS: Final = frozenset(
    {PortCommand.BAUDRATE, PortCommand.DATASIZE, PortCommand.PARITY, PortCommand.STOPSIZE}
)
_LINES: Final = ModemState.CTS | ModemState.DSR | ModemState.RI | ModemState.CD
_ENDED: Final = ModemState.RI >> 4


class ComPortServer(ComPortEnd):
    """Gives a client the settings of *port*; every answer says what is really in force.

    Commands and controls that the RFC does not name are passed over, as later versions may name them.

    Args:
        port: The port.
        signature: What the client is told when it asks who this is.

    Attributes:
        suspended: Whether the client asked that no data be sent to it (RFC 2217, flow control).
        line_mask: The bits of a line state that the client wants to know; none at first.
        modem_mask: The bits of a modem state that the client wants to know; all at first.
    """

    def __init__(self, port: ComPort, signature: str = "iochan") -> None:
        super().__init__()
        self.suspended = False
        self.line_mask = 0
        self.modem_mask = 255
        self._port = port
        self._signature = signature.encode("utf-8")[:MAX_SIGNATURE]
        self._lines = 0
        self._started = False

    @override
    def started(self) -> None:
        self._started = True
        self.notify_modem(force=True)

    def notify_modem(self, *, force: bool = False) -> None:
        """Tell the client which modem lines changed since it was told last, if it wants to know.

        Args:
            force: Whether it is told even if nothing changed.
        """
        if not self._started:
            return
        lines = self._port.modem_lines() & _LINES
        changed = (lines ^ self._lines) >> 4
        if lines & ModemState.RI:
            # Of the ring indicator only the end counts as a change.
            changed &= ~_ENDED
        self._lines = lines
        if force or (changed and (changed << 4 | changed) & self.modem_mask):
            self._answer(PortCommand.MODEMSTATE, (lines | changed) & self.modem_mask)

    def notify_line(self, state: int) -> None:
        """Tell the client the line *state*, bits of `LineState`, if it wants to know any of them."""
        if self._started and state & self.line_mask:
            self._answer(PortCommand.LINESTATE, state & self.line_mask)

    def hold(self, *, on: bool) -> None:
        """Ask the client to send no data, or to send again."""
        if self._started:
            self._answer(PortCommand.SUSPEND if on else PortCommand.RESUME, 0)

    def _answer(self, command: PortCommand, value: int) -> None:
        key = bytes((command, value)) if command is PortCommand.CONTROL else bytes((command,))
        self._send(key, bytes((command + ANSWER,)) + pack_number(command, value))

    @override
    def receive(self, payload: bytes) -> str | None:
        if not payload:
            return "a port command without a number: expected one from 0 to 12"
        if payload[0] > PortCommand.PURGE:
            return None
        command, value = PortCommand(payload[0]), payload[1:]
        if command is PortCommand.SIGNATURE:
            self._take_signature(value)
        elif command in {PortCommand.LINESTATE, PortCommand.MODEMSTATE}:
            self._tell_state(command)
        elif (number := read_number(command, value)) is not None:
            self._take_number(command, number)
        else:
            wanted = len(pack_number(command, 0))
            return f"{command.name} with {show_bytes(value)}: expected {wanted} bytes behind it"
        return None

    def _take_signature(self, value: bytes) -> None:
        if value:
            self._report(PortEvent(PortCommand.SIGNATURE, value[:MAX_SIGNATURE].decode("utf-8", "replace")))
        else:
            code = bytes((PortCommand.SIGNATURE + ANSWER,))
            self._send(code, code + self._signature)

    def _tell_state(self, command: PortCommand) -> None:
        """Answer a client that polls for a state, as some do instead of waiting to be told."""
        if command is PortCommand.MODEMSTATE:
            self.notify_modem(force=True)
        else:
            self._answer(command, self._port.line_state() & 255)

    def _take_number(self, command: PortCommand, number: int) -> None:
        if command in _SETTINGS:
            self._take_setting(command, number)
        elif command is PortCommand.CONTROL:
            self._take_control(number)
        elif command is PortCommand.PURGE:
            self._take_purge(number)
        elif command is PortCommand.LINESTATE_MASK:
            self.line_mask = number
            self._answer(command, number)
        elif command is PortCommand.MODEMSTATE_MASK:
            self.modem_mask = number
            self._answer(command, number)
            self.notify_modem(force=number != 0)
        else:
            self.suspended = command is PortCommand.SUSPEND
            self._report(PortEvent(command, 0))

    def _take_setting(self, command: PortCommand, number: int) -> None:
        really = self._port.configure(command, number)
        self._answer(command, really)
        if number:
            self._report(PortEvent(command, really))

    def _take_control(self, number: int) -> None:
        if number > PortControl.FLOW_DSR:
            return
        really = self._port.control(PortControl(number))
        self._answer(PortCommand.CONTROL, really)
        if number != PortControl(number).group:
            self._report(PortEvent(PortCommand.CONTROL, really))

    def _take_purge(self, number: int) -> None:
        if not Purge.RECEIVED <= number <= Purge.BOTH:
            return
        self._port.purge(Purge(number))
        self._answer(PortCommand.PURGE, number)
        self._report(PortEvent(PortCommand.PURGE, number))
