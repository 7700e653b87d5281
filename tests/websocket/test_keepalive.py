from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import AddressError, ChannelTimeout
from iochan.testing.clock import MovedClock
from iochan.testing.drivers import DRIVERS


@pytest.fixture
def moved() -> Iterator[MovedClock]:
    with MovedClock(1000) as moved:
        yield moved


@pytest.fixture
def pair() -> Iterator[tuple[Channel, Channel]]:
    one, other = socket.socketpair()
    client, server = Channel.websocket_client(one, ping="5s"), Channel.websocket_server(other)
    DRIVERS["stepped"](client.handshake_op(), server.handshake_op())
    yield client, server
    client.abort()
    server.abort()


def wait(channel: Channel) -> float | None:
    """Return until when a read waits."""
    blocked = channel.try_readinto(bytearray(10))
    assert isinstance(blocked, Blocked)
    return blocked.deadline


def test_a_silent_peer_is_asked_and_an_answer_is_enough(
    moved: MovedClock, pair: tuple[Channel, Channel]
) -> None:
    client, server = pair
    assert wait(client) == 1005
    moved.advance(5)
    assert wait(client) == 1010
    # The server answers the ping while it reads.
    assert isinstance(server.try_readinto(bytearray(10)), Blocked)
    moved.advance(4)
    assert wait(client) == 1014


def test_a_peer_that_does_not_answer_is_given_up(moved: MovedClock, pair: tuple[Channel, Channel]) -> None:
    client, _ = pair
    assert wait(client) == 1005
    moved.advance(6)
    assert wait(client) == 1010
    moved.advance(4)
    with pytest.raises(ChannelTimeout, match="silent for 10 s and answered no ping"):
        client.try_readinto(bytearray(10))


def test_who_waits_for_input_asks_too(moved: MovedClock, pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    blocked = client.ready(Condition.IN)
    assert isinstance(blocked, Blocked)
    assert blocked.deadline == 1005
    moved.advance(5)
    client.ready(Condition.IN)
    assert server.lower is not None
    assert server.lower.read(100)[:1] == b"\x89"
    blocked = client.ready(Condition.OUT)
    assert isinstance(blocked, Blocked)
    assert blocked.deadline is None


def test_bytes_are_life_enough(moved: MovedClock, pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    assert wait(client) == 1005
    moved.advance(4)
    server.write_all(b"x")
    assert client.read(1) == b"x"
    assert wait(client) == 1009


def test_a_time_that_is_none_is_refused() -> None:
    one, other = socket.socketpair()
    with one, other, pytest.raises(AddressError, match=r"ws\.ping=soon: it must be a time"):
        Channel.websocket_client(one, ping="soon")
