from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.aio.run import run_async
from iochan.channels.pair import memory_pair
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import ChannelBrokenError, ChannelTimeout, LocalProtocolError, TruncatedError
from iochan.core.op import Op
from iochan.testing.drivers import DRIVERS
from iochan.websocket.amessage import AsyncMessageChannel
from iochan.websocket.errors import FrameError, WebSocketClosedError
from iochan.websocket.message import MessageChannel

Pair = tuple[MessageChannel, MessageChannel]
LIMIT = 100_000
MASK = b"\0\0\0\0"


def layers() -> tuple[Channel, Channel]:
    one, other = socket.socketpair()
    client, server = Channel.websocket_client(one), Channel.websocket_server(other)
    DRIVERS["stepped"](client.handshake_op(), server.handshake_op())
    return client, server


@pytest.fixture
def pair() -> Iterator[tuple[MessageChannel, MessageChannel]]:
    client, server = layers()
    yield MessageChannel(client, limit=LIMIT), MessageChannel(server, limit=LIMIT)
    client.abort()
    server.abort()


def wire(messages: MessageChannel) -> Channel:
    """Return what is below the frames."""
    lower = messages.channel.lower
    assert lower is not None
    return lower


def exchange_op(source: MessageChannel, messages: list[bytes | str]) -> Op[None]:
    for message in messages:
        yield from source.send_op(message)


def collect_op(sink: MessageChannel, count: int) -> Op[list[bytes | str | None]]:
    got: list[bytes | str | None] = []
    while len(got) < count:
        got += [(yield from sink.receive_op())]
    return got


@given(
    st.lists(st.binary(max_size=300) | st.text(max_size=100) | st.sampled_from([b"x" * 70_000, "é" * 40_000]))
)
def test_messages_arrive_as_they_were_sent(messages: list[bytes | str]) -> None:
    client, server = layers()
    with client, server:
        there = MessageChannel(server, limit=LIMIT)
        _, got = DRIVERS["stepped"](
            exchange_op(MessageChannel(client, limit=LIMIT), messages), collect_op(there, len(messages))
        )
        assert got == messages
        client.abort()


def test_a_message_in_fragments_is_one_with_a_ping_between(
    pair: Pair,
) -> None:
    client, server = pair
    wire(client).write_all(b"\x01\x82" + MASK + b"he" + b"\x89\x80" + MASK + b"\x80\x83" + MASK + b"llo")
    assert server.receive(5) == "hello"
    assert wire(client).read_exactly(2) == b"\x8a\x00"


def test_what_came_of_a_message_outlives_a_timeout(pair: Pair) -> None:
    client, server = pair
    wire(client).write_all(b"\x02\x82" + MASK + b"ab")
    with pytest.raises(ChannelTimeout):
        server.receive(0)
    wire(client).write_all(b"\x80\x81" + MASK + b"c")
    assert server.receive(5) == b"abc"


def test_a_message_over_the_limit_is_refused_by_its_header(
    pair: Pair,
) -> None:
    client, server = pair
    wire(client).write_all(b"\x82\xff" + (LIMIT + 1).to_bytes(8, "big") + MASK)
    with pytest.raises(FrameError, match=f"at least {LIMIT + 1} bytes: expected at most {LIMIT}"):
        server.receive(5)
    with pytest.raises(WebSocketClosedError, match="with 1009"):
        client.receive(5)


def test_a_message_over_the_limit_is_refused_though_all_of_it_came() -> None:
    client, server = layers()
    with client, server:
        there = MessageChannel(server, limit=60_000)
        client.write_all(bytes(60_000))
        assert there.receive(5) == bytes(60_000)
        # In one piece with its header, which is the quick way through the codec.
        client.write_all(bytes(60_001))
        with pytest.raises(FrameError, match="at least 60001 bytes: expected at most 60000"):
            there.receive(5)
        client.abort()


def test_a_message_in_many_fragments_costs_no_more_than_its_size(pair: Pair) -> None:
    client, server = pair
    head, piece, count = b"\x02\x80" + MASK, b"\x00\x81" + MASK + b"x", 20_000
    wire(client).write_all(head)

    def take_fragments() -> None:
        wire(client).write_all(piece * 1000)
        with pytest.raises(ChannelTimeout):
            server.receive(0)

    take_fragments()  # with what is made once only: buffers that all channels lend each other
    tracemalloc.start()
    try:
        for _ in range(count // 1000):
            take_fragments()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 4 * count
    wire(client).write_all(b"\x80\x80" + MASK)
    assert server.receive(5) == b"x" * (count + 1000)


def test_fragments_count_together_for_the_limit(pair: Pair) -> None:
    client, server = pair
    half = b"\xfe\xff\xff" + MASK + bytes(65535)
    wire(client).write_all(b"\x02" + half + b"\x00" + half)
    with pytest.raises(FrameError, match="1009"):
        server.receive(5)


def test_an_orderly_end_is_none(pair: Pair) -> None:
    client, server = pair
    client.send(b"")
    client.close(1001, "going")
    assert server.receive(5) == b""
    assert server.receive(5) is None
    assert server.receive(5) is None
    with pytest.raises(ChannelBrokenError, match="the WebSocket is closed"):
        server.send(b"late")


@pytest.mark.parametrize("came", [b"", b"x"])
def test_an_end_inside_a_message_is_told(pair: Pair, came: bytes) -> None:
    client, server = pair
    wire(client).write_all(bytes((2, 0x80 | len(came))) + MASK + came + b"\x88\x80" + MASK)
    with pytest.raises(TruncatedError, match="inside a message"):
        server.receive(5)


def test_a_message_given_up_halfway_ends_the_sending(pair: Pair) -> None:
    client, server = pair
    op = client.send_op(bytes(8_000_000))
    assert isinstance(next(op), Blocked)
    op.close()
    with pytest.raises(LocalProtocolError, match="bytes before its end: close the WebSocket"):
        client.send(b"another")
    server.channel.abort()


def test_async_code_has_the_same_verbs() -> None:
    async def talk() -> list[bytes | str]:
        client, server = layers()
        async with AsyncMessageChannel(server) as there:
            async with AsyncMessageChannel(client) as here:
                await here.send("one")
                await here.send(b"two")
            return [message async for message in there]

    assert run_async(talk) == ["one", b"two"]


def test_only_a_websocket_has_messages() -> None:
    near, far = memory_pair()
    with near, far, pytest.raises(TypeError, match="memory is no WebSocket"):
        MessageChannel(near)
