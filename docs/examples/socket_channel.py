"""A server and a client, each with blocking calls, in two threads."""

from __future__ import annotations

import threading

import iochan


def answer(listener: iochan.Listener) -> None:
    """Take one client, and send back in capitals all that it sends."""
    with listener.accept() as channel:
        while data := channel.read():
            channel.write_all(data.upper())


with iochan.listen("tcp://127.0.0.1:0") as listener:
    server = threading.Thread(target=answer, args=(listener,))
    server.start()
    with iochan.connect(listener.addresses[0], timeout=10) as channel:
        channel.write_all(b"one channel for every stream")
        channel.write_eof()
        print(channel.read_exactly(3))
        print(channel.readinto(bytearray(4096)), "more bytes")
        print(channel.read(), "is the end of the stream")
    server.join()
