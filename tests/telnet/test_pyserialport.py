from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iochan.channels.pty import PtyChannel
from iochan.telnet.comport import PortCommand, PortControl, PortParity, Purge, StopSize
from iochan.telnet.pyserialport import PyserialPort

serial: Any = pytest.importorskip("serial", reason="pyserial is not installed")


@pytest.fixture
def looped() -> Iterator[PyserialPort]:
    """A port whose output is its input."""
    with serial.serial_for_url("loop://", timeout=0) as port:
        yield PyserialPort(port)


@pytest.fixture
def kernels() -> Iterator[PyserialPort]:
    """A terminal of the kernel, which can do less than it is asked for."""
    with PtyChannel() as terminal, serial.Serial(terminal.slave) as port:
        yield PyserialPort(port)


@pytest.mark.parametrize(
    ("command", "value"),
    [
        (PortCommand.BAUDRATE, 57600),
        (PortCommand.DATASIZE, 7),
        *((PortCommand.PARITY, parity) for parity in PortParity),
        *((PortCommand.STOPSIZE, size) for size in StopSize),
    ],
)
def test_settings_are_set_and_read_back(looped: PyserialPort, command: PortCommand, value: int) -> None:
    assert looped.configure(command, value) == value
    assert looped.configure(command, 0) == value


@pytest.mark.parametrize(
    ("command", "value", "kept"),
    [
        (PortCommand.DATASIZE, 7, 8),
        (PortCommand.DATASIZE, 200, 8),
        (PortCommand.PARITY, 9, 1),
        (PortCommand.STOPSIZE, 9, 1),
    ],
)
def test_what_the_driver_will_not_have_stays_as_it_was(
    kernels: PyserialPort, command: PortCommand, value: int, kept: int
) -> None:
    assert kernels.configure(command, value) == kept
    assert kernels.configure(PortCommand.BAUDRATE, 19200) == 19200


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (PortControl.FLOW_HARDWARE, PortControl.FLOW_HARDWARE),
        (PortControl.FLOW_XON_XOFF, PortControl.FLOW_XON_XOFF),
        (PortControl.INBOUND_HARDWARE, PortControl.INBOUND_HARDWARE),
        (PortControl.FLOW_DCD, PortControl.FLOW_NONE),
        (PortControl.BREAK_ON, PortControl.BREAK_ON),
        (PortControl.BREAK_OFF, PortControl.BREAK_OFF),
        (PortControl.DTR_OFF, PortControl.DTR_OFF),
        (PortControl.RTS_OFF, PortControl.RTS_OFF),
        (PortControl.RTS_ON, PortControl.RTS_ON),
        (PortControl.ASK_DTR, PortControl.DTR_ON),
    ],
)
def test_controls_are_set_and_read_back(looped: PyserialPort, value: PortControl, said: PortControl) -> None:
    assert looped.control(value) is said
    assert looped.control(value.group) is said


def test_a_terminal_without_lines_has_none(kernels: PyserialPort) -> None:
    assert kernels.modem_lines() == 0
    assert kernels.control(PortControl.DTR_OFF).group is PortControl.ASK_DTR


@pytest.mark.parametrize("which", Purge)
def test_buffers_are_emptied(looped: PyserialPort, which: Purge) -> None:
    looped.purge(which)
    assert looped.modem_lines() >= 0


def test_what_a_terminal_of_the_kernel_passes_over_is_not_in_force() -> None:
    with PtyChannel() as terminal, serial.Serial(terminal.slave, 9600) as held:
        port = PyserialPort(held)
        for parity in PortParity:
            assert port.configure(PortCommand.PARITY, parity) == PortParity.NONE
        for size in (5, 6, 7):
            assert port.configure(PortCommand.DATASIZE, size) == 8
        assert port.configure(PortCommand.STOPSIZE, StopSize.TWO) == StopSize.TWO
        assert port.configure(PortCommand.BAUDRATE, 115200) == 115200
        assert (held.parity, held.bytesize, held.stopbits, held.baudrate) == ("N", 8, 2, 115200)
