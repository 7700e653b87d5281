"""A conversation on tape, played back to the program that had it."""

from __future__ import annotations

from iochan.channels.unix import socketpair
from iochan.layers.replay import ReplayChannel
from iochan.layers.tapefile import TapeFile

left, right = socketpair()
with left.layer("record", path="talk.tape") as client, right as server:
    client.write_all(b"ping")
    server.write_all(server.read_exactly(4) + b" pong")
    print(client.read_exactly(9))

with TapeFile("talk.tape") as tape:
    for record in tape:
        print(record.kind.name, record.sender.name, bytes(record.payload))

with ReplayChannel("talk.tape") as server_again:
    server_again.write_all(b"ping")
    print(server_again.read_exactly(9))
