"""Pairs of channels over real sockets, and a clock that the test moves."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core import clock

Pair = tuple[SocketChannel, SocketChannel]


@pytest.fixture
def make_pair() -> Iterator[Callable[[], Pair]]:
    made: list[SocketChannel] = []

    def make() -> Pair:
        near, far = socket.socketpair()
        for end in (near, far):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4608)
        pair = SocketChannel(near, "near"), SocketChannel(far, "far")
        made.extend(pair)
        return pair

    yield make
    for channel in made:
        channel.abort()


@pytest.fixture
def pair(make_pair: Callable[[], Pair]) -> Pair:
    return make_pair()


class MovedClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def moved() -> Iterator[MovedClock]:
    source = MovedClock()
    before = clock.set_source(source)
    yield source
    clock.set_source(before)
