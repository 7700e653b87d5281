"""One end of RFC 2217 as the telnet codec sees it: payloads in, payloads out, events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from iochan.telnet.comport import PortCommand
from iochan.telnet.event import PortEvent

__all__ = ["ANSWER", "ComPortEnd", "pack_number", "read_number"]

ANSWER = 100
"""What the server's commands are above the client's."""


_BARE = frozenset({PortCommand.SUSPEND, PortCommand.RESUME})


def read_number(command: PortCommand, value: bytes) -> int | None:
    """Return *value* as the number that goes with *command*; None if its length is wrong."""
    return int.from_bytes(value, "big") if len(value) == _size(command) else None


def pack_number(command: PortCommand, value: int) -> bytes:
    """Return *value* as it stands behind *command*."""
    return value.to_bytes(_size(command), "big")


def _size(command: PortCommand) -> int:
    return 4 if command is PortCommand.BAUDRATE else 0 if command in _BARE else 1


class ComPortEnd(ABC):
    """What takes the sub-negotiations of the COM-PORT option.

    `attach` is called once, before anything else.
    """

    def __init__(self) -> None:
        self._send: Callable[[bytes, bytes], None]
        self._report: Callable[[PortEvent], None]

    def attach(self, send: Callable[[bytes, bytes], None], report: Callable[[PortEvent], None]) -> None:
        """Take what the end speaks through.

        Args:
            send: Called with a key and a payload to send; one of the same key that is unsent is replaced.
            report: Called with each event.
        """
        self._send = send
        self._report = report

    @property
    def waiting(self) -> bool:
        """Whether an answer has to come yet before the port can be used as it was asked for."""
        return False

    def started(self) -> None:  # noqa: B027 - a server waits to be asked
        """Do what is to be done once the option is agreed on."""

    @abstractmethod
    def receive(self, payload: bytes) -> str | None:
        """Take a sub-negotiation's *payload*; return what is wrong with it, or None."""
