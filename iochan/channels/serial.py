"""A serial port, or a terminal that is there already."""

from __future__ import annotations

import logging
import os
import termios
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from iochan.address import SerialAddress
from iochan.channels.pipe import PipeChannel
from iochan.core import clock
from iochan.core.attribute import Attributes
from iochan.core.blocked import Blocked
from iochan.core.errors import ConnectError
from iochan.core.op import Op
from iochan.core.sideband import RESTORE_LINE, SEND_BREAK, SERIAL_LINE

if TYPE_CHECKING:
    from serial import Serial

__all__ = ["BREAK_SECONDS", "SerialChannel", "open_serial"]

BREAK_SECONDS: Final = 0.25
"""How long a break lasts, as ``tcsendbreak(3)`` has it at least."""

_PARITY: Final = {"none": "N", "even": "E", "odd": "O", "mark": "M", "space": "S"}
_STOP_BITS: Final = {"1": 1, "1.5": 1.5, "2": 2}
_KEPT: Final = ("baudrate", "bytesize", "parity", "stopbits", "xonxoff", "rtscts", "dtr", "rts")
_log = logging.getLogger("iochan.channels")


class SerialChannel(PipeChannel):
    """The port of *address*, its line set, and nobody else's while it is open; needs pyserial.

    Its stream has no end: a device that is unplugged raises `ChannelBrokenError`, or reads as an end.

    Raises:
        ConnectError: There is no such port, it is in use, it refuses a setting, or pyserial is missing.
    """

    __slots__ = ("_port",)

    def __init__(self, address: SerialAddress) -> None:
        self._port = _open(address)
        try:
            super().__init__(os.dup(self._port.fileno()), name=f"serial {address.path}")
        except BaseException:
            self._port.close()
            raise

    def send_break_op(self) -> Op[None]:
        """Hold the line in the break condition for `BREAK_SECONDS`."""
        self._port.break_condition = True
        try:
            until = clock.now() + BREAK_SECONDS
            while clock.now() < until:
                yield Blocked(deadline=until)
        finally:
            if not self.closed:
                self._port.break_condition = False

    @override
    def attributes(self) -> Attributes:
        return {
            SEND_BREAK: lambda: self.send_break_op,
            SERIAL_LINE: lambda: self._port,
            RESTORE_LINE: lambda: self._restore,
        }

    def _restore(self, before: Any) -> None:  # noqa: ANN401 - pyserial has no types of its own
        port: Any = self._port
        for name in _KEPT:
            wanted = getattr(before, name)
            try:
                if getattr(port, name) != wanted:
                    setattr(port, name, wanted)
            except (OSError, ValueError, termios.error) as error:
                _log.warning("%s: %s=%s cannot be set again: %s", self, name, wanted, error)

    @override
    def do_close(self) -> None:
        super().do_close()
        self._port.close()


def open_serial(address: SerialAddress) -> Op[SerialChannel]:
    """Open the port and set its line."""
    yield from ()
    return SerialChannel(address)


def _open(address: SerialAddress) -> Serial:
    try:
        from serial import Serial, SerialException  # noqa: PLC0415 - optional
    except ImportError:
        message = "serial ports need pyserial: pip install 'iochan[serial]'"
        raise ConnectError(message) from None
    try:
        return Serial(
            address.path,
            address.baud,
            address.data_bits,
            _PARITY[address.parity],
            _STOP_BITS[address.stop_bits],
            timeout=0,
            # VMIN=1: with pyserial's own choice Linux reads 0 for "nothing yet", the end of a stream.
            inter_byte_timeout=0,
            xonxoff=address.flow == "xonxoff",
            rtscts=address.flow == "rtscts",
            dsrdtr=address.flow == "dsrdtr",
            exclusive=True,
        )
    except (SerialException, ValueError, OSError) as error:
        message = f"serial {address.path} cannot be opened: {str(error).lower()}: check its name and settings"
        raise ConnectError(message) from error
