"""The same server and client, with TLS between them and nothing else changed."""

from __future__ import annotations

import threading

import iochan
from iochan.tls.facts import TLS_PEER_NAME, TLS_VERSION
from iochan.tls.pki import init_directory

init_directory("pki")  # what `iochan creds init pki` does

objects = iochan.ObjectStore()
objects.add("tls-creds-x509,id=mine,endpoint=server,dir=pki,verify-peer=off")
objects.add("tls-creds-x509,id=yours,endpoint=client,dir=pki")


def answer(listener: iochan.Listener) -> None:
    """Take one client, and send back in capitals all that it sends."""
    with listener.accept() as channel:
        channel.handshake()
        while data := channel.read():
            channel.write_all(data.upper())


with iochan.listen("tls+tcp://127.0.0.1:0?tls.creds=mine", objects=objects) as listener:
    server = threading.Thread(target=answer, args=(listener,))
    server.start()
    where = listener.addresses[0] + "?tls.creds=yours&tls.hostname=localhost"
    with iochan.connect(where, objects=objects) as channel:
        channel.write_all(b"one channel for every stream")
        channel.write_eof()
        print(channel.read_exactly(3))
        print(channel.extra(TLS_VERSION), "with", channel.extra(TLS_PEER_NAME))
    server.join()
