"""One line of text opens a channel, whatever it is made of."""

from __future__ import annotations

import iochan

with iochan.connect("file:greeting?mode=w") as file:
    file.write_all(b"hello\n")

for address in ("file:greeting", "exec:cat greeting", "buffered+limit+file:greeting?limit.read=4"):
    with iochan.connect(address, timeout=10) as channel:
        print(channel, channel.read())

try:
    iochan.connect("tsl+tcp://127.0.0.1:1")
except iochan.AddressError as error:
    print("refused:", str(error).partition(":")[0])

with iochan.listen("unix:greeter") as listener, iochan.connect(listener.addresses[0]) as client:
    with listener.accept(timeout=10) as server:
        server.write_all(b"hi")
    print(client.read(), client.extra(iochan.PEER_ADDRESS))
