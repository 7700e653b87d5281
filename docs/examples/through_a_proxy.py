"""Through an HTTP proxy by CONNECT, with a password; here the proxy itself plays the target."""

from __future__ import annotations

import threading

from iochan import Channel, ObjectStore, connect, listen
from iochan.core.errors import HandshakeError


def be_proxy(channel: Channel, answer: bytes) -> None:
    """Answer one CONNECT, and be what it asks for."""
    with channel:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += channel.read_exactly(1)
        print(head.partition(b"\r\n")[0].decode())
        channel.write_all(b"HTTP/1.1 " + answer + b"\r\n\r\n")
        while data := channel.read():
            channel.write_all(data.upper())


objects = ObjectStore()
objects.add("secret,id=pw,data=sesame")

with listen("tcp://127.0.0.1:0") as listener:
    proxy = listener.addresses[0]
    options = "http-connect.target=db.example:5432&http-connect.user=me&http-connect.secret=pw"
    for answer in (b"200 Connection established", b"407 Proxy Authentication Required"):
        server = threading.Thread(target=lambda answer=answer: be_proxy(listener.accept(), answer))
        server.start()
        try:
            with connect(f"http-connect+{proxy}?{options}", objects=objects) as channel:
                channel.write_all(b"through a proxy")
                print(channel.read_exactly(15))
        except HandshakeError as error:
            print(error)
        server.join()
