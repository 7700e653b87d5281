"""Every layer carries both directions at once, for two threads and for ``async`` code."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from typing_extensions import override

from iochan.aio.driver import arun
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.op import Op, run
from iochan.layers.buffered import BufferedLayer
from iochan.layers.delay import DelayLayer
from iochan.layers.fault import DribbleLayer, StutterLayer
from iochan.layers.limit import LimitLayer
from iochan.layers.prefix import PrefixLayer
from iochan.layers.record import RecordLayer
from iochan.layers.tapewriter import TapeWriter
from iochan.layers.tee import TeeLayer
from iochan.layers.throttle import ThrottleLayer
from iochan.layers.trace import TraceLayer

Pair = tuple[SocketChannel, SocketChannel]
DATA = bytes(range(256)) * 24


class Null(Channel):
    """Takes everything."""

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return 0

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        return sum(map(len, views))

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        return condition

    @override
    def do_close(self) -> None:
        return


LAYERS: dict[str, Callable[[Channel], Channel]] = {
    "buffered": lambda lower: BufferedLayer(lower, 1000),
    "prefix": lambda lower: PrefixLayer(lower, b""),
    "limit": lambda lower: LimitLayer(lower, len(DATA), len(DATA)),
    "throttle": lambda lower: ThrottleLayer(lower, 2_000_000, 2_000_000, 3000),
    "trace": TraceLayer,
    "tee": lambda lower: TeeLayer(lower, StutterLayer(Null(), 1), StutterLayer(Null(), 2)),
    "record": lambda lower: RecordLayer(lower, TapeWriter(StutterLayer(Null(), 3))),
    "delay": lambda lower: DelayLayer(lower, 0.001),
    "stutter": lambda lower: StutterLayer(lower, 4),
    "dribble": lambda lower: BufferedLayer(DribbleLayer(lower), 500),
}


@pytest.fixture(params=LAYERS)
def ends(request: pytest.FixtureRequest, pair: Pair) -> tuple[Channel, Channel]:
    return LAYERS[request.param](StutterLayer(pair[0], 7)), pair[1]


def send_op(channel: Channel) -> Op[None]:
    for start in range(0, len(DATA), 700):
        yield from channel.write_all_op(DATA[start : start + 700])


def receive_op(channel: Channel) -> Op[bytes]:
    parts = []
    left = len(DATA)
    while left:
        part = yield from channel.read_op(333)
        assert part
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def test_nothing_is_lost_awaited(ends: tuple[Channel, Channel]) -> None:
    near, far = ends

    async def main() -> tuple[bytes, bytes]:
        sent = asyncio.gather(arun(send_op(near)), arun(send_op(far)))
        one, other = await asyncio.gather(arun(receive_op(near)), arun(receive_op(far)))
        await sent
        return one, other

    assert asyncio.run(main()) == (DATA, DATA)
    near.close()


def test_nothing_is_lost_between_threads(ends: tuple[Channel, Channel]) -> None:
    near, far = ends
    assert Feature.CONCURRENT in near.features
    threads = [threading.Thread(target=run, args=(send_op(end), 10)) for end in ends]
    got: list[bytes] = []
    threads.append(threading.Thread(target=lambda: got.append(run(receive_op(near), 10))))
    for thread in threads:
        thread.start()
    assert run(receive_op(far), 10) == DATA
    for thread in threads:
        thread.join()
    assert got == [DATA]
    near.close()
