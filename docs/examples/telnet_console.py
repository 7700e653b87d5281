"""A shell on a terminal for a telnet client, whose window size and interrupt key reach it."""

from __future__ import annotations

import threading
from typing import cast

from iochan import connect, listen
from iochan.channels.pty import PtyChannel
from iochan.layers.buffered import BufferedLayer
from iochan.telnet.command import Command
from iochan.telnet.event import CommandEvent, TelnetEvent, WindowEvent
from iochan.telnet.layer import TelnetLayer

# An interrupt that comes while the shell starts a program is told to the shell alone, which acts on it when
# the program ends: so each program here is a short one.
SCRIPT = """
trap 'echo interrupted; exit' INT
stty -echo; echo ready
read line; stty size
while :; do sleep 0.1; done
"""


def serve(server: TelnetLayer) -> None:
    """Give *server* a shell of its own."""
    with server, PtyChannel.spawn(["sh", "-c", SCRIPT]) as terminal:

        def on_event(event: TelnetEvent) -> None:
            if isinstance(event, WindowEvent):
                terminal.window_size = (event.rows, event.columns)
            elif event == CommandEvent(Command.INTERRUPT):
                terminal.try_write(b"\x03")

        server.on_event = on_event
        server.handshake()

        def type_in() -> None:
            while data := server.read():
                terminal.write_all(data)

        typing = threading.Thread(target=type_in)
        typing.start()
        while data := terminal.read():
            server.write_all(data)
        server.write_eof()
        typing.join()


with listen("telnet+tcp://127.0.0.1:0?telnet.enter=on") as listener:
    client = cast(
        "TelnetLayer", connect(listener.addresses[0] + "?telnet.terminal=xterm&telnet.window=132x43")
    )
    server = cast("TelnetLayer", listener.accept())
    serving = threading.Thread(target=serve, args=[server])
    serving.start()
    with BufferedLayer(client) as lines:
        print(lines.read_line().strip())
        lines.write_all(b"\r")
        print("rows and columns:", lines.read_line().strip())
        client.send_command(Command.INTERRUPT)
        print(lines.read_line().strip())
    serving.join()
