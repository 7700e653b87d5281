from __future__ import annotations

from typing import Any

import pytest

from iochan.telnet.comport import ModemState, PortCommand, PortControl, Purge
from iochan.telnet.lineport import LinePort

serial: Any = pytest.importorskip("serial", reason="pyserial is not installed")


def test_nobody_is_followed_at_first_and_nothing_is_lost() -> None:
    port = LinePort()
    assert port.configure(PortCommand.BAUDRATE, 300) == 300
    assert port.control(PortControl.DTR_OFF) is PortControl.DTR_OFF
    port.purge(Purge.BOTH)
    assert port.modem_lines() & ModemState.CTS
    port.follow(lambda: (None, True))
    assert port.configure(PortCommand.BAUDRATE, 0) == 300


def test_who_may_sets_the_line_and_who_may_not_is_told_what_is_in_force() -> None:
    port = LinePort()
    may_set = True
    with serial.serial_for_url("loop://", baudrate=9600, timeout=0) as line:
        port.follow(lambda: (line, may_set))
        assert port.configure(PortCommand.BAUDRATE, 115200) == line.baudrate == 115200
        assert port.control(PortControl.RTS_OFF) is PortControl.RTS_OFF
        line.write(b"kept")
        may_set = False
        assert port.configure(PortCommand.BAUDRATE, 300) == line.baudrate == 115200
        assert port.control(PortControl.RTS_ON) is PortControl.RTS_OFF
        port.purge(Purge.BOTH)
        assert line.read(4) == b"kept"
        assert port.line_state() == 0
        may_set = True
        line.write(b"gone")
        port.purge(Purge.RECEIVED)
        assert line.read(4) == b""
        assert port.modem_lines() == ModemState.CD | ModemState.DSR


def test_a_line_that_is_away_sets_nothing_and_comes_back() -> None:
    port = LinePort()
    there: list[Any] = [None]
    port.follow(lambda: (there[0], True))
    assert port.configure(PortCommand.BAUDRATE, 300) == 300
    with serial.serial_for_url("loop://", baudrate=9600) as line:
        there[0] = line
        assert port.configure(PortCommand.BAUDRATE, 0) == 9600
