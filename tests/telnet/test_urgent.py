from __future__ import annotations

import socket

import pytest

from iochan.core.stacking import as_channel
from iochan.telnet.command import Command
from iochan.telnet.event import CommandEvent
from iochan.telnet.layer import TelnetLayer


@pytest.mark.slow
def test_an_urgent_data_mark_swallows_no_data() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    with client, as_channel(accepted).telnet_server() as server:
        assert isinstance(server, TelnetLayer)
        server.handshake()
        client.sendall(b"before\xff\xf4\xff")
        client.send(bytes((Command.DATA_MARK,)), socket.MSG_OOB)
        client.sendall(b"behind")
        assert server.read_exactly(12) == b"beforebehind"
        assert CommandEvent(Command.INTERRUPT) in list(iter(server.take_event, None))
        client.recv(65536)
