from __future__ import annotations

import pytest

from iochan.channels.pty import PtyChannel
from iochan.channels.serial import BREAK_SECONDS
from iochan.core.errors import ConnectError
from iochan.core.opening import connect
from iochan.core.sideband import SEND_BREAK
from iochan.testing.clock import MovedClock


def test_bytes_pass_both_ways_and_a_silent_line_has_no_end() -> None:
    with PtyChannel() as machine, connect(f"serial://{machine.slave}?baud=9600") as port:
        port.timeout = 0.05
        with pytest.raises(TimeoutError):
            port.read()
        port.timeout = 5
        machine.write_all(bytes(range(256)))
        assert port.read_exactly(256) == bytes(range(256))
        port.write_all(b"AT\r\n")
        assert machine.read_exactly(4) == b"AT\r\n"


def test_a_port_is_nobody_elses_while_it_is_open() -> None:
    with PtyChannel() as machine, connect(f"serial://{machine.slave}"):
        with pytest.raises(ConnectError, match=r"cannot be opened: .*lock"):
            connect(f"serial://{machine.slave}")


def test_a_port_that_is_not_there_is_named() -> None:
    with pytest.raises(ConnectError, match=r"serial /dev/no-such-port cannot be opened: .*check its name"):
        connect("serial:///dev/no-such-port")


def test_a_break_lasts_as_long_as_it_should() -> None:
    with PtyChannel() as machine, connect(f"serial://{machine.slave}") as port, MovedClock() as clock:
        steps = 0
        for blocked in port.extra(SEND_BREAK)():
            assert blocked.deadline == clock.now() + BREAK_SECONDS
            steps += 1
            clock.advance(BREAK_SECONDS)
        assert steps == 1
