"""Two ends of telnet, handshake done."""

from __future__ import annotations

import os
import socket
import time
from typing import Any, Protocol

from iochan.core.blocked import Blocked
from iochan.core.stacking import as_channel
from iochan.telnet.ends import telnet_client, telnet_server
from iochan.telnet.layer import TelnetLayer

__all__ = ["Ends", "agree", "join", "settle"]

AGREEMENT_SECONDS = 20.0


class Ends(Protocol):
    def __call__(
        self, server: dict[str, Any] | None = None, **client: Any
    ) -> tuple[TelnetLayer, TelnetLayer]: ...


def join(
    one: socket.socket, other: socket.socket, server: dict[str, Any], client: dict[str, Any]
) -> tuple[TelnetLayer, TelnetLayer]:
    """Return the server on *one* and the client on *other*; the words of both have been exchanged."""
    left, right = telnet_server(as_channel(one), **server), telnet_client(as_channel(other), **client)
    left.handshake()
    op = right.handshake_op()
    while next(op, None) is not None:
        assert isinstance(left.try_readinto(bytearray(1)), Blocked)
    settle(left, right)
    return left, right


def settle(*layers: TelnetLayer) -> None:
    """Exchange words until nobody has any more to say."""
    for _ in range(6):
        listen(*layers)


def agree(*layers: TelnetLayer) -> None:
    """Exchange words until every question is answered, however slowly they pass."""
    last = time.monotonic() + AGREEMENT_SECONDS
    while not all(layer._dialogue.agreed for layer in layers):
        assert time.monotonic() < last, "they do not come to an agreement"
        listen(*layers)
        os.sched_yield()  # the words may pass through another process, which wants its turn


def listen(*layers: TelnetLayer) -> None:
    """Take the words that have come, where no data may come."""
    for layer in layers:
        assert isinstance(layer.try_readinto(bytearray(1)), Blocked)
