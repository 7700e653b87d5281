from __future__ import annotations

from typing import Any

import pytest

from iochan.channels.pair import memory_pair
from iochan.core.channel import Channel
from iochan.core.errors import AddressError
from iochan.core.opening import connect, listen
from iochan.stack import parse
from iochan.telnet.portlayer import PortClientLayer, PortServerLayer


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"terminal": ""}, "1 to 40 letters"),
        ({"terminal": "x" * 41}, "1 to 40 letters"),
        ({"terminal": "é"}, "1 to 40 letters"),
        ({"window": "80"}, "80x24"),
        ({"window": "80x70000"}, "from 0 to 65535"),
        ({"window": (-1, 24)}, "from 0 to 65535"),
        ({"binary": "maybe"}, "on or off"),
        ({"serial": "fast"}, "115200"),
    ],
)
def test_what_cannot_be_said_is_refused(options: dict[str, Any], fault: str) -> None:
    one, other = memory_pair()
    with one, other, pytest.raises(AddressError, match=fault):
        one.telnet_client(**options)


@pytest.mark.parametrize("option", ["binary", "echo", "enter", "comport"])
def test_a_servers_switches_are_on_or_off(option: str) -> None:
    one, other = memory_pair()
    with one, other, pytest.raises(AddressError, match=f"{option}='1': it must be on or off"):
        one.telnet_server(**{option: "1"})


def test_an_address_names_both_ends() -> None:
    address = "telnet+tcp://127.0.0.1:0?telnet.comport=on&telnet.enter=on"
    with listen(address) as listener:
        port = listener.addresses[0].rpartition(":")[2]
        server: Channel | None = None
        try:
            with pytest.raises(AddressError, match="has no meaning for a client"):
                connect(f"telnet+tcp://127.0.0.1:{port}?telnet.echo=on")
            client = connect(f"telnet+tcp://127.0.0.1:{port}?telnet.terminal=vt100&telnet.window=80x24")
            with client:
                server = listener.accept(5)
                assert isinstance(server, PortServerLayer)
                server.handshake()
                client.write_all(b"hello\r")
                assert server.read_exactly(6) == b"hello\r"
        finally:
            if server is not None:
                server.abort()


def test_the_options_of_both_ends_are_known_to_addresses() -> None:
    stack = parse("telnet+tls+tcp://h:1?tls.creds=tls0&tls.hostname=h&telnet.serial=115200/8N1")
    assert [layer.name for layer in stack.layers] == ["telnet", "tls"]
    with pytest.raises(AddressError, match="unknown option"):
        parse("telnet+tcp://h:1?telnet.speed=9600")


def test_serial_makes_a_port_client() -> None:
    one, other = memory_pair()
    with other:
        layer = one.telnet_client(serial="9600")
        assert isinstance(layer, PortClientLayer)
        layer.abort()
