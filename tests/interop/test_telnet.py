"""Telnet against other people's: the client of inetutils, its server, and QEMU's character devices."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import cast

import pytest

from iochan.channels.pty import PtyChannel
from iochan.core import clock
from iochan.core.channel import Channel
from iochan.core.errors import ConnectError
from iochan.core.opening import connect, listen
from iochan.telnet.command import Command
from iochan.telnet.event import CommandEvent, TelnetEvent
from iochan.telnet.facts import TELNET_BINARY, TELNET_TERMINAL, TELNET_WINDOW
from iochan.telnet.layer import TelnetLayer
from iochan.telnet.option import Option
from tests.interop.peers import SECONDS, need, running

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

PROMPT = b"telnet> "
WORDS = {"brk": Command.BREAK, "ip": Command.INTERRUPT, "ayt": Command.ARE_YOU_THERE}
QEMU = ("-nodefaults", "-display", "none", "-machine", "none", "-mon", "chardev=c0,mode=readline")


def until(channel: Channel, wanted: bytes) -> bytes:
    """Read until *wanted* has come, and return all that came."""
    channel.timeout = SECONDS
    got = b""
    while wanted not in got:
        piece = channel.read()
        assert piece, f"the end came before {wanted!r}, behind {got!r}"
        got += piece
    return got


def events(layer: TelnetLayer) -> list[TelnetEvent]:
    return list(iter(layer.take_event, None))


def test_the_client_of_inetutils_talks_to_our_server() -> None:  # noqa: PLR0915 - one session
    with listen("telnet+tcp://127.0.0.1:0") as listener:
        port = listener.addresses[0].rpartition(":")[2]
        client = PtyChannel.spawn(
            [need("telnet"), "127.0.0.1", port], 33, 101, env={"TERM": "xterm", "PATH": "/usr/bin:/bin"}
        )
        with client, cast("TelnetLayer", listener.accept(SECONDS)) as server:
            server.handshake()
            server.write_all(b"login: ")
            until(client, b"login: ")
            client.write_all(b"root\r")
            server.timeout = SECONDS
            assert server.read_exactly(5) == b"root\r"
            assert server.extra(TELNET_WINDOW) == (101, 33)

            text = bytes(range(32, 256))
            server.write_all(text)
            assert until(client, b"\xff").endswith(text)

            client.window_size = (50, 120)
            for word, command in WORDS.items():
                events(server)
                client.write_all(b"\x1d")
                until(client, PROMPT)
                client.write_all(f"send {word}\r".encode())
                client.write_all(b"x")
                assert server.read_exactly(1) == b"x"
                assert CommandEvent(command) in events(server)
            assert server.extra(TELNET_WINDOW) == (120, 50)
            assert server.extra(TELNET_TERMINAL) == "xterm"
            assert server.extra(TELNET_BINARY) == (True, True)
            assert server.is_on(Option.ECHO, ours=True)
            # A Synch goes as urgent data, and costs no byte of what follows.
            client.write_all(b"\x1d")
            until(client, PROMPT)
            client.write_all(b"send synch\r")
            client.write_all(b"still here")
            assert server.read_exactly(10) == b"still here"
            client.write_all(b"\x1d")
            until(client, PROMPT)
            client.write_all(b"quit\r")
            assert server.read(1) == b""


def test_our_client_talks_to_the_server_of_inetutils(tmp_path: Path) -> None:
    login = tmp_path / "login"
    login.write_text('#!/bin/sh\necho "type=$TERM"; stty size; exec cat\n')
    login.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = connect(f"telnet+tcp://127.0.0.1:{port}?telnet.terminal=vt220&telnet.window=91x27")
        accepted, _ = listener.accept()
    assert isinstance(client, TelnetLayer)
    with client, accepted, running([need("telnetd"), "-h", "-E", str(login)], stdin=accepted.fileno()):
        said = until(client, b"27 91")
        assert b"type=vt220" in said
        assert client.is_on(Option.ECHO, ours=False)
        client.write_all(b"\xc3\xa4 typed\r")
        assert b"\xc3\xa4 typed" in until(client, b"typed")
        client.send_command(Command.ARE_YOU_THERE)
        assert b"Yes" in until(client, b"Yes")


def test_our_client_reads_the_monitor_of_qemu() -> None:
    port = free_port()
    chardev = f"socket,id=c0,host=127.0.0.1,port={port},server=on,wait=off,telnet=on"
    with running([need("qemu-system-x86_64"), "-chardev", chardev, *QEMU]):
        client = patient_connect(f"telnet+tcp://127.0.0.1:{port}")
        with client:
            until(client, b"(qemu) ")
            assert client.extra(TELNET_BINARY)[0], "QEMU asks for binary data"
            client.write_all(b"info name\r")
            until(client, b"(qemu) ")
            client.write_all(b"quit\r")


def test_qemu_reads_our_server() -> None:
    with listen("telnet+tcp://127.0.0.1:0") as listener:
        port = listener.addresses[0].rpartition(":")[2]
        chardev = f"socket,id=c0,host=127.0.0.1,port={port},telnet=on"
        with running([need("qemu-system-x86_64"), "-chardev", chardev, *QEMU]):
            with listener.accept(SECONDS) as server:
                server.handshake()
                until(server, b"(qemu) ")
                server.write_all(b"info name\r")
                until(server, b"(qemu) ")


def patient_connect(address: str) -> Channel:
    """Connect as soon as the program at *address* listens."""
    end = clock.now() + SECONDS
    while True:
        try:
            return connect(address, timeout=SECONDS)
        except ConnectError:
            assert clock.now() < end, f"nobody listens at {address}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
