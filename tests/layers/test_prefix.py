from __future__ import annotations

import asyncio

from iochan.aio.driver import arun
from iochan.channels.socket import SocketChannel
from iochan.core.condition import Condition
from iochan.core.feature import Feature
from iochan.layers.prefix import PrefixLayer

Pair = tuple[SocketChannel, SocketChannel]


def test_the_prefix_comes_before_the_rest(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"rest")
    channel = PrefixLayer(near, b"first ")
    assert channel.ready(Condition.IN) is Condition.IN
    assert channel.read(2) == b"fi"
    assert channel.buffered_bytes == 4
    assert channel.read_exactly(8) == b"rst rest"
    assert channel.ready(Condition.IN) is near.blocked_in
    far.close()
    assert [channel.read(), channel.read()] == [b"", b""]


def test_one_read_fills_several_buffers(pair: Pair) -> None:
    channel = PrefixLayer(pair[0], bytearray(b"abc"))
    one, two = bytearray(2), bytearray(2)
    assert channel.readv([one, two]) == 3
    assert bytes(one + two) == b"abc\0"


def test_writes_pass_and_abilities_of_sockets_do_not(pair: Pair) -> None:
    near, far = pair
    channel = PrefixLayer(near, b"x")
    channel.write_all(b"out")
    assert far.read() == b"out"
    assert channel.features == Feature.SHUTDOWN | Feature.HALF_CLOSE | Feature.CONCURRENT
    channel.close()
    assert near.closed
    assert channel.buffered_bytes == 0


def test_it_works_awaited(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"cd")

    async def main() -> bytes:
        return await arun(PrefixLayer(near, b"ab").read_exactly_op(4))

    assert asyncio.run(main()) == b"abcd"
