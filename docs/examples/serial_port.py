"""A serial port over telnet (RFC 2217): one end has it, the other sets it."""

from __future__ import annotations

import threading
from typing import cast

from iochan import connect, listen
from iochan.telnet.comport import ModemState, PortCommand, PortParity
from iochan.telnet.ends import telnet_server
from iochan.telnet.portconfig import PortConfig
from iochan.telnet.portlayer import PortClientLayer
from iochan.telnet.simport import SimulatedPort

device = SimulatedPort()

with listen("tcp://127.0.0.1:0") as listener:

    def serve() -> None:
        """Send back what comes."""
        with telnet_server(listener.accept(), comport=device) as server:
            server.handshake()
            while data := server.read():
                server.write_all(data)

    serving = threading.Thread(target=serve)
    serving.start()
    address = f"telnet+{listener.addresses[0]}?telnet.serial=115200/8N1"
    with cast("PortClientLayer", connect(address)) as port:
        print(device.settings[PortCommand.BAUDRATE], "bits a second")
        port.configure(PortConfig(9600, parity=PortParity.EVEN))
        print(device.settings[PortCommand.BAUDRATE], PortParity(device.settings[PortCommand.PARITY]).name)
        print("carrier:", bool(port.port.modem_state & ModemState.CD), "server:", port.read_signature())
        port.write_all(b"AT\r")
        print(port.read_exactly(3))
    serving.join()
