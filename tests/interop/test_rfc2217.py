"""RFC 2217 against pyserial, client and server, and against ser2net."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import serial
import serial.rfc2217

from iochan.channels.pty import PtyChannel
from iochan.core.channel import Channel
from iochan.core.errors import HandshakeError
from iochan.core.opening import connect, listen
from iochan.telnet.comport import ModemState, PortCommand, PortControl, PortParity, StopSize
from iochan.telnet.ends import telnet_server
from iochan.telnet.portconfig import PortConfig
from iochan.telnet.portlayer import PortClientLayer
from iochan.telnet.pyserialport import PyserialPort
from iochan.telnet.simport import SimulatedPort
from tests.interop.peers import SECONDS, need, running
from tests.interop.test_telnet import free_port, patient_connect

pytestmark = [
    pytest.mark.interop,
    pytest.mark.slow,
    pytest.mark.timeout(90),
    pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning"),
]

EVERY_BYTE = bytes(range(256)) * 4 + b"\r\0\r\n\r\xff\xff\r"


@contextmanager
def echoing(device: SimulatedPort) -> Iterator[str]:
    """Serve one client with *device* and send back what it sends; yield the URL for pyserial."""

    def serve() -> None:
        with listener.accept(SECONDS) as plain, telnet_server(plain, comport=device) as server:
            server.handshake()
            while data := server.read():
                server.write_all(data)

    with listen("tcp://127.0.0.1:0") as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"rfc2217://{listener.addresses[0].removeprefix('tcp://')}"
        finally:
            thread.join(SECONDS)


@pytest.mark.timeout(60)
def test_pyserial_opens_our_server_and_sets_everything() -> None:  # noqa: PLR0915 - everything
    device = SimulatedPort()
    with echoing(device) as url:
        port: Any = serial.serial_for_url(
            url, baudrate=115200, bytesize=7, parity="E", stopbits=2, timeout=SECONDS
        )
        with port:
            assert list(device.settings.values()) == [115200, 7, 3, 2]
            for baudrate in (300, 9600, 57600, 921600, 250000):
                port.baudrate = baudrate
                assert device.settings[PortCommand.BAUDRATE] == baudrate
            for size in (5, 6, 7, 8):
                port.bytesize = size
                assert device.settings[PortCommand.DATASIZE] == size
            for parity, letter in enumerate("NOEMS", 1):
                port.parity = letter
                assert device.settings[PortCommand.PARITY] == parity
            for stop, bits in ((1, 1), (2, 2), (3, 1.5)):
                port.stopbits = bits
                assert device.settings[PortCommand.STOPSIZE] == stop
            port.rtscts = True
            assert device.controls[PortControl.ASK_FLOW] is PortControl.FLOW_HARDWARE
            port.rtscts = False
            port.xonxoff = True
            assert device.controls[PortControl.ASK_FLOW] is PortControl.FLOW_XON_XOFF
            port.xonxoff = False
            port.dtr = False
            port.rts = False
            port.break_condition = True
            assert device.controls[PortControl.ASK_DTR] is PortControl.DTR_OFF
            assert device.controls[PortControl.ASK_RTS] is PortControl.RTS_OFF
            assert device.controls[PortControl.ASK_BREAK] is PortControl.BREAK_ON
            port.break_condition = False
            assert (port.cts, port.dsr, port.ri, port.cd) == (True, True, False, True)
            purges = device.purges
            port.reset_input_buffer()
            port.reset_output_buffer()
            assert device.purges == purges + 2
            port.write(EVERY_BYTE)
            assert port.read(len(EVERY_BYTE)) == EVERY_BYTE


class Wire:
    """What pyserial's server writes its telnet to."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def write(self, data: bytes) -> None:
        self.channel.write_all(data)


def serve_with_pyserial(plain: Channel, port: Any) -> None:
    """Do what pyserial's own example of a server does, without its threads: echo what the client sends."""
    wire: Any = Wire(plain)
    manager = serial.rfc2217.PortManager(port, wire)
    while data := plain.read():
        for byte in manager.filter(data):
            port.write(byte)
        waiting = port.read(port.in_waiting)
        if waiting:
            plain.write_all(b"".join(manager.escape(waiting)))


def test_our_client_sets_everything_of_pyserials_server() -> None:  # noqa: PLR0915 - everything
    port: Any = serial.serial_for_url("loop://", timeout=0)
    with port, listen("tcp://127.0.0.1:0") as listener:
        where = listener.addresses[0].removeprefix("tcp://")

        def serve() -> None:
            with listener.accept(SECONDS) as plain:
                serve_with_pyserial(plain, port)

        thread = threading.Thread(target=serve)
        thread.start()
        client = cast(
            "PortClientLayer", connect(f"telnet+tcp://{where}?telnet.serial=115200/7E2", timeout=SECONDS)
        )
        client.timeout = SECONDS
        with client:
            assert (port.baudrate, port.bytesize, port.parity, port.stopbits) == (115200, 7, "E", 2)
            for baudrate in (300, 9600, 921600):
                client.configure(PortConfig(baudrate))
                assert port.baudrate == baudrate
            for parity in PortParity:
                client.configure(PortConfig(parity=parity))
                assert port.parity == "NOEMS"[parity - 1]
            for size in (5, 6, 7, 8):
                client.configure(PortConfig(datasize=size))
                assert port.bytesize == size
            client.set_control(PortControl.FLOW_HARDWARE)
            assert port.rtscts
            client.set_control(PortControl.FLOW_NONE)
            client.set_control(PortControl.DTR_OFF)
            assert not port.dtr
            client.set_control(PortControl.RTS_OFF)
            assert not port.rts
            client.set_control(PortControl.RTS_ON)
            client.set_break(on=True)
            assert port.break_condition
            client.set_break(on=False)
            client.purge()
            client.write_all(EVERY_BYTE)
            assert client.read_exactly(len(EVERY_BYTE)) == EVERY_BYTE
            client.tell(PortCommand.MODEMSTATE)
        thread.join(SECONDS)


def test_pyserial_sets_a_terminal_of_the_kernel_through_our_server() -> None:
    with PtyChannel() as terminal:
        held: Any = serial.Serial(terminal.slave, timeout=SECONDS)
        with held, listen("tcp://127.0.0.1:0") as listener:
            where = listener.addresses[0].removeprefix("tcp://")

            def serve() -> None:
                with listener.accept(SECONDS) as plain:
                    with telnet_server(plain, comport=PyserialPort(held)) as server:
                        server.handshake()
                        assert server.read(1) == b""

            thread = threading.Thread(target=serve)
            thread.start()
            with cast("PortClientLayer", connect(f"telnet+tcp://{where}?telnet.serial=57600/8N1")) as client:
                assert held.baudrate == 57600
                client.timeout = SECONDS
                client.configure(PortConfig(2400, stopsize=StopSize.TWO))
                assert (held.baudrate, held.stopbits) == (2400, 2)
                # Linux has only characters of eight bits on a pseudo-terminal, and says so.
                with pytest.raises(HandshakeError, match="DATASIZE is 8, not 7"):
                    client.configure(PortConfig(datasize=7))
                client.set_control(PortControl.FLOW_XON_XOFF)
                assert held.xonxoff
                client.purge()
                assert client.port.modem_state & ModemState.CD == 0
            thread.join(SECONDS)


def test_our_client_drives_ser2net(tmp_path: Path) -> None:
    with PtyChannel() as device:
        port = free_port()
        config = tmp_path / "ser2net.yaml"
        config.write_text(
            "%YAML 1.1\n---\nconnection: &one\n"
            f"  accepter: telnet(rfc2217=true),tcp,127.0.0.1,{port}\n"
            f"  connector: serialdev,{device.slave},9600n81,local\n"
        )
        with running([need("ser2net"), "-n", "-u", "-c", str(config)]):
            address = f"telnet+tcp://127.0.0.1:{port}?telnet.serial=115200/8N1"
            with cast("PortClientLayer", patient_connect(address)) as client:
                client.timeout = SECONDS
                assert client.port.settings[PortCommand.BAUDRATE] == 115200
                for baudrate in (300, 57600):
                    client.configure(PortConfig(baudrate))
                for parity in PortParity:
                    client.configure(PortConfig(parity=parity))
                client.configure(PortConfig(parity=PortParity.NONE))
                assert client.read_signature() == "ser2net"
                client.write_all(EVERY_BYTE)
                device.timeout = SECONDS
                assert device.read_exactly(len(EVERY_BYTE)) == EVERY_BYTE
                device.write_all(EVERY_BYTE)
                assert client.read_exactly(len(EVERY_BYTE)) == EVERY_BYTE
