from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typing_extensions import override

from iochan.channels.pair import memory_pair
from iochan.channels.pty import PtyChannel
from iochan.chardev.device import Reconnect
from iochan.chardev.hub import HubOptions
from iochan.chardev.line import LINE_SECONDS
from iochan.chardev.session import Front
from iochan.core.attribute import Attributes
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.layer import Layer
from iochan.core.op import Op
from iochan.core.opening import connect
from iochan.core.sideband import RESTORE_LINE, SERIAL_LINE
from iochan.telnet.comport import ModemState, PortCommand
from iochan.telnet.ends import telnet_client, telnet_server
from iochan.telnet.portlayer import PortClientLayer
from iochan.testing.clock import MovedClock
from tests.chardev.world import Client, World

serial: Any = pytest.importorskip("serial", reason="pyserial is not installed")

RAW = Front(escape=None, notices=False)


class Wired(Layer):
    """A device with a serial port beside its bytes, as a `SerialChannel` has."""

    def __init__(self, lower: Channel, port: Any) -> None:
        super().__init__(lower)
        self.port = port

    @override
    def attributes(self) -> Attributes:
        return {SERIAL_LINE: lambda: self.port, RESTORE_LINE: lambda: self.restore}

    def restore(self, before: Any) -> None:
        self.port.baudrate = before.baudrate


def serve_telnet(far: Channel) -> Channel:
    """Return the server's end of RFC 2217 on *far*; its handshake waits for nobody."""
    server = telnet_server(far, comport=True)
    server.handshake()
    return server


class Port(World):
    """A console on pyserial's loop, where RTS is CTS and DTR is DSR."""

    def __init__(self) -> None:
        self.ports: list[Any] = []
        super().__init__(HubOptions(linger=0, patience=0, reconnect=Reconnect()))

    @override
    def _dial(self) -> Op[Channel]:
        yield from ()
        self.device, far = memory_pair(1 << 20)
        self.ports.append(serial.serial_for_url("loop://", baudrate=9600, timeout=0))
        return Wired(far, self.ports[-1])

    def client(self) -> tuple[Client, PortClientLayer]:
        """Return a client of RFC 2217 that has agreed on everything."""
        near = self.join(RAW, wrap=serve_telnet)
        far = telnet_client(near.channel, serial="115200/8N1")
        assert isinstance(far, PortClientLayer)
        op = far.handshake_op()
        while next(op, None) is not None:
            self.settle()
        return near, far

    def hear(self, *clients: PortClientLayer) -> list[bytes]:
        """Return what each can read now."""
        self.settle()
        room = bytearray(1000)
        counts = [client.try_readinto(room) for client in clients]
        return [b"" if isinstance(count, Blocked) else bytes(room[:count]) for count in counts]


@contextmanager
def served() -> Iterator[tuple[Port, MovedClock]]:
    """Yield a console with a port; everything is closed behind the test."""
    with MovedClock() as clock, Port() as world:
        yield world, clock
    for port in world.ports:
        port.close()


def test_a_wire_that_changes_is_told_to_every_client_that_wants_to_know() -> None:
    with served() as (world, clock):
        (_, one), (_, other) = world.client(), world.client()
        other.tell(PortCommand.MODEMSTATE_MASK, 0)
        world.hear(one, other)
        assert one.port.modem_state & ModemState.CTS
        world.ports[0].rts = False
        clock.advance(LINE_SECONDS)
        world.hear(one, other)
        assert one.port.modem_state & (ModemState.CTS | ModemState.CTS_CHANGED) == ModemState.CTS_CHANGED
        assert other.port.modem_state & ModemState.CTS
        one.abort()
        other.abort()
        world.settle()
        clock.advance(LINE_SECONDS)
        world.settle()
        looking = world.hub.line._look
        assert looking is not None
        assert looking.finished


def test_what_clients_set_is_set_again_when_the_port_is_back_and_what_was_set_meanwhile_too() -> None:
    with served() as (world, clock):
        _, client = world.client()
        assert world.ports[0].baudrate == 115200
        world.device.close()
        world.ports[0].close()
        world.hear(client)
        assert world.hub.device.channel is None
        client.tell(PortCommand.BAUDRATE, 57600)
        client.tell(PortCommand.PURGE, 3)
        world.hear(client)
        assert client.port.settings[PortCommand.BAUDRATE] == 57600
        clock.advance(2)
        world.hear(client)
        assert len(world.ports) == 2
        assert world.ports[1].baudrate == 57600
        client.abort()


def test_a_client_that_suspends_gets_nothing_until_it_resumes_and_then_everything() -> None:
    with served() as (world, _):
        (near, one), (_, other) = world.client(), world.client()
        world.say(b"before ")
        one.tell(PortCommand.SUSPEND)
        world.settle()
        assert world.hear(one, other) == [b"before ", b"before "]
        world.say(b"meanwhile ")
        world.say(b"and on")
        assert world.hear(one, other) == [b"", b"meanwhile and on"]
        assert near.session is not None
        assert (near.session.outlet.idle, near.session.holds_back) == (False, False)
        one.tell(PortCommand.RESUME)
        world.settle()
        world.say(b".")
        assert world.hear(one)[0] == b"meanwhile and on."
        assert near.session.outlet.idle
        one.abort()
        other.abort()


def test_a_client_that_suspends_for_long_misses_bytes_and_is_told_how_many() -> None:
    with served() as (world, _):
        front = Front(escape=None, notices=False, queue=100)
        near = world.join(front, wrap=serve_telnet)
        assert near.session is not None
        near.session.outlet.hold(on=True)
        for _ in range(5):
            world.say(b"#" * 60)
        near.session.outlet.hold(on=False)
        world.settle()
        seen = near.read()
        assert seen.count(b"#") == 60
        assert b"[iochan: 240 bytes lost here]" in seen


def test_a_real_terminal_is_set_again_as_it_was() -> None:
    with PtyChannel() as first, PtyChannel() as second:
        with connect(f"serial://{first.slave}?baud=9600") as before:
            kept = before.extra(SERIAL_LINE)
            kept.baudrate = 57600
            kept.xonxoff = True
        with connect(f"serial://{second.slave}?baud=9600") as after:
            after.extra(RESTORE_LINE)(kept)
            port = after.extra(SERIAL_LINE)
            assert (port.baudrate, port.xonxoff) == (57600, True)
