"""Two ends of telnet on a socket pair."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from iochan.telnet.layer import TelnetLayer
from tests.telnet.ends import Ends, join


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Return a function that makes two ends; all are closed behind the test."""
    made: list[TelnetLayer] = []

    def make(server: dict[str, object] | None = None, **client: object) -> tuple[TelnetLayer, TelnetLayer]:
        one, other = socket.socketpair()
        both = join(one, other, server or {}, client)
        made.extend(both)
        return both

    yield make
    for layer in made:
        layer.abort()
