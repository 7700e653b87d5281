"""A WebSocket as a channel, in blocking code: the boundaries of frames mean nothing."""

from __future__ import annotations

import threading

from iochan import Channel, connect, listen
from iochan.websocket.facts import WS_PATH, WS_PROTOCOL


def shout(channel: Channel) -> None:
    """Serve one client until it closes."""
    with channel:
        channel.handshake()
        print("asked for", channel.extra(WS_PATH), "with", channel.extra(WS_PROTOCOL))
        while data := channel.read():
            channel.write_all(data.upper())


with listen("ws://127.0.0.1:0/console") as listener:
    server = threading.Thread(target=lambda: shout(listener.accept()))
    server.start()
    address = listener.addresses[0] + "/console?ws.protocols=binary"
    with connect(address) as client:
        client.write_all(b"over a websocket")
        print(client.read_exactly(16))
    server.join()
