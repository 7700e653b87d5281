"""The client's end of RFC 2217: asks for settings, and keeps what the server answers."""

from __future__ import annotations

from typing import Final

from typing_extensions import override

from iochan.core.errors import show_bytes
from iochan.telnet.comport import MAX_SIGNATURE, PortCommand, PortControl
from iochan.telnet.comportend import ANSWER, ComPortEnd, pack_number, read_number
from iochan.telnet.event import PortEvent
from iochan.telnet.portconfig import PortConfig

__all__ = ["ComPortClient"]

_NOTICES: Final = frozenset(
    {PortCommand.LINESTATE, PortCommand.MODEMSTATE, PortCommand.SUSPEND, PortCommand.RESUME}
)


class ComPortClient(ComPortEnd):
    """Asks a server for the settings of its port.

    Args:
        config: What is asked for as soon as the server agrees to be asked.

    Attributes:
        ready: Whether the server has agreed to be asked.
        settings: What is in force, as the server answered last.
        controls: What is in force of each group of controls, by the value that asks for it.
        modem_state: The server's last word on its modem lines, as bits of `ModemState`.
        line_state: The server's last word on its line, as bits of `LineState`.
        suspended: Whether the server asked that no data be sent to it.
        signature: Who the server says it is; empty until asked.
    """

    def __init__(self, config: PortConfig | None = None) -> None:
        super().__init__()
        self.ready = False
        self.settings: dict[PortCommand, int] = {}
        self.controls: dict[PortControl, PortControl] = {}
        self.modem_state = 0
        self.line_state = 0
        self.suspended = False
        self.signature = ""
        self._config = PortConfig() if config is None else config
        # By what is asked for, the value that was: at most one for each command and group of controls.
        self._asked: dict[bytes, int] = {}
        self._refused: list[str] = []

    @override
    def started(self) -> None:
        self.ready = True
        self.configure(self._config)

    @property
    @override
    def waiting(self) -> bool:
        return not self.ready or bool(self._asked)

    def forget(self) -> None:
        """Expect no answer any more: one that comes late is kept, and nobody waits for it."""
        self._asked.clear()

    def take_refused(self) -> list[str]:
        """Return what the server did not set as it was asked to since the last call, in words."""
        refused, self._refused = self._refused, []
        return refused

    def configure(self, config: PortConfig) -> None:
        """Ask for all that *config* says."""
        for command, value in config.wishes().items():
            self.ask(command, value)

    def ask(self, command: PortCommand, value: int) -> None:
        """Send *command* with *value*; where it sets or asks for something, an answer is to come.

        SUSPEND and RESUME are not answered, and take 0.
        """
        key = bytes((command,))
        if command is PortCommand.CONTROL:
            key += bytes((PortControl(value).group,))
        if command not in {PortCommand.SUSPEND, PortCommand.RESUME}:
            self._asked[key] = value
        # Break on and off follow each other on the wire: only the same value replaces itself.
        value_key = bytes((command, value)) if command is PortCommand.CONTROL else key
        payload = b"" if command is PortCommand.SIGNATURE else pack_number(command, value)
        self._send(value_key, bytes((command,)) + payload)

    @override
    def receive(self, payload: bytes) -> str | None:
        if not payload:
            return "a port answer without a number: expected one from 100 to 112"
        if not ANSWER <= payload[0] <= ANSWER + PortCommand.PURGE:
            return None
        command, value = PortCommand(payload[0] - ANSWER), payload[1:]
        if command is PortCommand.SIGNATURE:
            self.signature = value[:MAX_SIGNATURE].decode("utf-8", "replace")
            self._asked.pop(bytes((command,)), None)
            self._report(PortEvent(command, self.signature))
            return None
        number = read_number(command, value)
        if number is None:
            wanted = len(pack_number(command, 0))
            return f"the answer to {command.name} with {show_bytes(value)}: expected {wanted} bytes behind it"
        self._take_number(command, number)
        return None

    def _take_number(self, command: PortCommand, number: int) -> None:
        if command in _NOTICES:
            self._take_notice(command, number)
        elif command is not PortCommand.CONTROL:
            self.settings[command] = number
            self._settle(bytes((command,)), command, number, asks=0)
        elif number <= PortControl.FLOW_DSR:
            control = PortControl(number)
            self.controls[control.group] = control
            self._settle(bytes((command, control.group)), command, number, asks=control.group)
        self._report(PortEvent(command, number))

    def _take_notice(self, command: PortCommand, number: int) -> None:
        if command is PortCommand.MODEMSTATE:
            self.modem_state = number
        elif command is PortCommand.LINESTATE:
            self.line_state = number
        else:
            self.suspended = command is PortCommand.SUSPEND
        self._asked.pop(bytes((command,)), None)

    def _settle(self, key: bytes, command: PortCommand, number: int, asks: int) -> None:
        asked = self._asked.pop(key, asks)
        if asked not in {asks, number}:
            self._refused.append(f"{command.name} is {number}, not {asked}")
        # Answers nobody waits for must not pile up.
        del self._refused[:-16]
