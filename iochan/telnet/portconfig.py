"""What a client wants of a serial port, as values and as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from iochan.core.errors import AddressError, show_text
from iochan.telnet.comport import MAX_BAUDRATE, PortCommand, PortControl, PortParity, StopSize

__all__ = ["PortConfig"]

_PARITIES: Final = {"N": 1, "O": 2, "E": 3, "M": 4, "S": 5}
_STOPS: Final = {"1": 1, "2": 2, "1.5": 3}
_FLOWS: Final = {
    "none": PortControl.FLOW_NONE,
    "xonxoff": PortControl.FLOW_XON_XOFF,
    "rtscts": PortControl.FLOW_HARDWARE,
}
_TEXT: Final = re.compile(
    r"([1-9][0-9]{0,9})(?:/([5-8])([NOEMS])(1\.5|1|2))?(?:/(none|xonxoff|rtscts))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class PortConfig:
    """Settings of a serial port; None leaves what is in force.

    Attributes:
        baudrate: Bits a second.
        datasize: Bits of a character, 5 to 8.
        parity: How characters are checked.
        stopsize: Bits between characters.
        flow: One of the kinds of flow control, or of what is said of DTR and RTS.
    """

    baudrate: int | None = None
    datasize: int | None = None
    parity: PortParity | None = None
    stopsize: StopSize | None = None
    flow: PortControl | None = None

    def __post_init__(self) -> None:
        """Check what goes into a field of the wire."""
        for name, value, most in (("baudrate", self.baudrate, MAX_BAUDRATE), ("datasize", self.datasize, 8)):
            if value is not None and not 0 < value <= most:
                message = f"{name}={value}: it must be from 1 to {most}"
                raise AddressError(message)

    @classmethod
    def from_text(cls, text: str) -> PortConfig:
        """Return what *text* says, such as ``115200``, ``9600/7E1`` or ``115200/8N1/rtscts``.

        Raises:
            AddressError: It is not of that form.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            message = f"serial={show_text(text)}: write it as 115200, 115200/8N1 or 115200/8N1/rtscts"
            raise AddressError(message)
        baudrate, size, parity, stop, flow = match.groups()
        return cls(
            int(baudrate),
            None if size is None else int(size),
            None if parity is None else PortParity(_PARITIES[parity]),
            None if stop is None else StopSize(_STOPS[stop]),
            None if flow is None else _FLOWS[flow],
        )

    def wishes(self) -> dict[PortCommand, int]:
        """Return the settings that are asked for, by the command that sets each."""
        every = {
            PortCommand.BAUDRATE: self.baudrate,
            PortCommand.DATASIZE: self.datasize,
            PortCommand.PARITY: self.parity,
            PortCommand.STOPSIZE: self.stopsize,
            PortCommand.CONTROL: self.flow,
        }
        return {command: int(value) for command, value in every.items() if value is not None}
