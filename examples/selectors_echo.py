"""An echo server on the standard library's selectors: a watch says what to wait for, and for how long.

Run it, then ``nc 127.0.0.1 PORT``; it ends when its first client has gone.
"""

from __future__ import annotations

import selectors
import socket

from iochan.channels.socket import SocketChannel
from iochan.core.condition import Condition
from iochan.core.errors import WouldBlock
from iochan.core.watch import Watch

EVENTS = {Condition.IN: selectors.EVENT_READ, Condition.OUT: selectors.EVENT_WRITE}


class Client:
    """One connection. It owes what it has read and not yet written back."""

    def __init__(self, selector: selectors.BaseSelector, sock: socket.socket) -> None:
        self.selector = selector
        self.channel = SocketChannel(sock, "client")
        self.channel.blocking = False
        self.owed = b""
        self.wait()

    def wait(self) -> None:
        """Register what the channel waits for; dispatch at once while bytes wait inside it."""
        watch = Watch(self.channel, Condition.OUT if self.owed else Condition.IN)
        while watch.ready_now and self.serve():
            watch = Watch(self.channel, Condition.OUT if self.owed else Condition.IN)
        if not self.channel.closed:
            self.selector.register(watch.fileno(), EVENTS[watch.condition], self)

    def dispatch(self, fd: int) -> None:
        """Do what can be done now, and wait again."""
        self.selector.unregister(fd)
        if self.serve():
            self.wait()

    def serve(self) -> bool:
        """Write what is owed, or read; False once the client has gone."""
        try:
            if self.owed:
                self.owed = self.owed[self.channel.write(self.owed) :]
            else:
                self.owed = self.channel.read()
                if not self.owed:
                    self.channel.close()
                    return False
        except WouldBlock:
            pass
        return True


def serve_one(listener: socket.socket) -> None:
    """Echo to all who come, until one of them leaves."""
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        clients: list[Client] = []
        while not any(client.channel.closed for client in clients):
            for key, _ in selector.select():
                if key.data is None:
                    clients.append(Client(selector, listener.accept()[0]))
                else:
                    key.data.dispatch(key.fd)
        for client in clients:
            client.channel.abort()


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print("listening on port", listening.getsockname()[1], flush=True)
        serve_one(listening)
