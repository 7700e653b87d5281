from __future__ import annotations

import socket
from threading import Thread
from typing import cast

import pytest
from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelTimeout, HandshakeError, LimitExceeded, TruncatedError
from iochan.core.op import Op
from iochan.core.stacking import as_channel
from iochan.telnet.codec import MAX_EARLY
from iochan.telnet.comport import LineState, ModemState, PortCommand, PortControl, PortParity, Purge, StopSize
from iochan.telnet.errors import TelnetError
from iochan.telnet.event import PortEvent
from iochan.telnet.portconfig import PortConfig
from iochan.telnet.portlayer import PortClientLayer, PortServerLayer
from iochan.telnet.simport import SimulatedPort
from tests.telnet.ends import Ends, settle


class Stubborn(SimulatedPort):
    """A port whose speed is what it is."""

    @override
    def configure(self, command: PortCommand, value: int) -> int:
        return super().configure(command, 0 if command is PortCommand.BAUDRATE else value)


def pair(
    ends: Ends, device: SimulatedPort | None = None, serial: str = "9600"
) -> tuple[PortServerLayer, PortClientLayer]:
    server, client = ends({"comport": device or SimulatedPort()}, serial=serial)
    return cast("PortServerLayer", server), cast("PortClientLayer", client)


def drive(op: Op[object], server: PortServerLayer) -> object:
    """Step the client's *op* while the server reads."""
    try:
        while True:
            next(op)
            assert isinstance(server.try_readinto(bytearray(1)), Blocked)
    except StopIteration as stop:
        return stop.value


def test_the_handshake_sets_the_port(ends: Ends) -> None:
    device = SimulatedPort()
    _, client = pair(ends, device, "115200/7E2/rtscts")
    assert list(device.settings.values()) == [115200, 7, PortParity.EVEN, StopSize.TWO]
    assert device.controls[PortControl.ASK_FLOW] is PortControl.FLOW_HARDWARE
    assert client.port.settings == device.settings
    assert client.port.modem_state & ModemState.CD


def test_a_port_that_cannot_do_it_is_told() -> None:
    one, other = socket.socketpair()
    server = as_channel(one).telnet_server(comport=Stubborn())
    client = as_channel(other).telnet_client(serial="115200/8N1")
    try:
        server.handshake()
        op = client.handshake_op()
        with pytest.raises(HandshakeError, match="BAUDRATE is 9600, not 115200"):
            drive(op, cast("PortServerLayer", server))
    finally:
        server.abort()
        client.abort()


def test_settings_change_later_and_data_in_between_is_kept(ends: Ends) -> None:
    device = SimulatedPort()
    server, client = pair(ends, device)
    server.write_all(b"before")
    drive(client.configure_op(PortConfig(300, parity=PortParity.ODD)), server)
    assert client.port.settings[PortCommand.BAUDRATE] == 300
    assert client.port.settings[PortCommand.PARITY] == PortParity.ODD
    assert client.read_exactly(6) == b"before"
    with pytest.raises(HandshakeError, match="DATASIZE is 8, not 1"):
        drive(client.configure_op(PortConfig(datasize=1)), server)
    drive(client.configure_op(PortConfig(datasize=5)), server)
    assert device.settings[PortCommand.DATASIZE] == 5


def test_controls_breaks_and_purges_reach_the_port(ends: Ends) -> None:
    device = SimulatedPort()
    server, client = pair(ends, device)
    drive(client.set_control_op(PortControl.DTR_OFF), server)
    assert device.controls[PortControl.ASK_DTR] is PortControl.DTR_OFF
    drive(client.set_control_op(PortControl.BREAK_ON), server)
    assert device.controls[PortControl.ASK_BREAK] is PortControl.BREAK_ON
    drive(client.purge_op(Purge.UNSENT), server)
    assert device.purges == 1
    assert drive(client.read_signature_op(), server) == "iochan"
    seen = list(iter(server.take_event, None))
    assert PortEvent(PortCommand.CONTROL, PortControl.BREAK_ON) in seen
    assert PortEvent(PortCommand.PURGE, Purge.UNSENT) in seen


def test_lines_are_told_as_they_change(ends: Ends) -> None:
    device = SimulatedPort()
    server, client = pair(ends, device)
    client.tell(PortCommand.LINESTATE_MASK, LineState.BREAK)
    settle(server, client)
    device.lines &= ~ModemState.CD
    server.notify_modem()
    server.notify_line(LineState.BREAK)
    settle(client)
    assert client.port.modem_state == ModemState.CTS | ModemState.DSR | ModemState.CD_CHANGED
    assert client.port.line_state == LineState.BREAK
    assert PortEvent(PortCommand.LINESTATE, LineState.BREAK) in list(iter(client.take_event, None))


def test_either_end_may_ask_for_silence(ends: Ends) -> None:
    server, client = pair(ends)
    states = []
    for command in (PortCommand.SUSPEND, PortCommand.RESUME):
        client.tell(command)
        server.hold(on=command is PortCommand.SUSPEND)
        settle(server, client)
        states.append((server.port.suspended, client.port.suspended))
    assert states == [(True, True), (False, False)]


def test_blocking_verbs_wait_for_the_answer(ends: Ends) -> None:
    server, client = pair(ends)
    thread = Thread(target=lambda: server.read(1))
    thread.start()
    client.configure(PortConfig(1200))
    client.set_control(PortControl.RTS_OFF)
    client.set_break(on=True)
    client.set_break(on=False)
    client.purge()
    assert client.read_signature() == "iochan"
    client.write_all(b"x")
    thread.join(10)
    assert client.port.settings[PortCommand.BAUDRATE] == 1200
    assert client.port.controls[PortControl.ASK_BREAK] is PortControl.BREAK_OFF


def test_a_server_that_leaves_before_it_answers_is_told() -> None:
    one, other = socket.socketpair()
    client = as_channel(other).telnet_client(serial="9600")
    one.shutdown(socket.SHUT_WR)
    try:
        with pytest.raises(TruncatedError, match="before it answered"):
            client.handshake(5)
    finally:
        client.abort()
        one.close()


def test_a_device_that_floods_before_the_answer_is_bounded() -> None:
    one, other = socket.socketpair()
    client = as_channel(other).telnet_client(serial="9600")
    wire = as_channel(one)
    op = client.handshake_op(5)
    sent = 0
    try:
        for _ in range(20):
            put = wire.try_write(b"x" * 65536)
            sent += 0 if isinstance(put, Blocked) else put
            if sent <= MAX_EARLY:
                next(op)
        with pytest.raises(LimitExceeded, match="read them first"):
            next(op)
        assert sent < 4 * MAX_EARLY
    finally:
        client.abort()
        wire.abort()


def test_nonsense_from_the_server_ends_the_handshake() -> None:
    one, other = socket.socketpair()
    client = as_channel(other).telnet_client(serial="9600")
    one.sendall(b"\xff\xfd\x2c\xff\xfa\x2c\x65\0\xff\xf0")
    try:
        with pytest.raises(TelnetError, match=r"answer to BAUDRATE .*expected 4 bytes"):
            client.handshake(5)
    finally:
        client.abort()
        one.close()


def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_asked(ends: Ends) -> None:
    server, client = pair(ends)
    client.timeout = 0.01
    with pytest.raises(ChannelTimeout):
        client.set_control(PortControl.DTR_OFF)
    client.timeout = None
    drive(client.configure_op(PortConfig(300)), server)
    assert client.port.settings[PortCommand.BAUDRATE] == 300
