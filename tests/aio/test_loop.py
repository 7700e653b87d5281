from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from iochan.aio import AsyncioLoop
from iochan.channels.socket import SocketChannel
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError, ChannelError
from iochan.core.op import Op
from iochan.core.task import Task
from iochan.core.watch import add_watch

Ends = tuple[SocketChannel, SocketChannel]


@pytest.fixture
def ends() -> Iterator[Ends]:
    near, far = map(SocketChannel, socket.socketpair())
    yield near, far
    near.abort()
    far.abort()


def test_a_task_runs_on_asyncio(ends: Ends) -> None:
    async def main() -> bytes:
        done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        Task(AsyncioLoop(), ends[0].read_exactly_op(4), lambda task: done.set_result(task.result()))
        for byte in b"four":
            await asyncio.sleep(0)
            ends[1].write_all(bytes([byte]))
        return await done

    assert asyncio.run(main()) == b"four"


def test_a_task_waits_for_a_time(ends: Ends) -> None:
    def nap() -> Op[str]:
        yield Blocked((), clock.now() + 0.001)
        return "rested"

    async def main() -> str:
        ended = asyncio.Event()
        task = Task(AsyncioLoop(), nap(), lambda _: ended.set())
        await ended.wait()
        return task.result()

    assert asyncio.run(main()) == "rested"


def test_a_cancelled_task_is_called_back_once(ends: Ends) -> None:
    async def main() -> None:
        ended: list[object] = []
        waiting = Task(AsyncioLoop(), ends[0].read_op(), ended.append)
        await asyncio.sleep(0)
        fresh = Task(AsyncioLoop(), ends[0].write_all_op(b"x"), ended.append)
        waiting.cancel()
        fresh.cancel()
        ends[1].write_all(b"x")
        await asyncio.sleep(0.001)
        assert ended == [waiting, fresh]
        with pytest.raises(ChannelError, match="cancelled"):
            waiting.result()
        assert ends[0].read() == b"x"

    asyncio.run(main())


def test_a_task_whose_channel_closes_gets_the_error(ends: Ends) -> None:
    async def main() -> None:
        ended = asyncio.Event()
        task = Task(AsyncioLoop(), ends[0].read_op(), lambda _: ended.set())
        await asyncio.sleep(0)
        ends[0].abort()
        await ended.wait()
        with pytest.raises(ChannelClosedError):
            task.result()

    asyncio.run(main())


def test_a_watch_calls_until_it_is_told_to_stop(ends: Ends) -> None:
    async def main() -> None:
        seen: list[bytes] = []
        ended = asyncio.Event()

        def on_bytes(channel: Channel, _: Condition) -> bool:
            seen.append(channel.read(1))
            if len(seen) == 3:
                ended.set()
            return len(seen) < 3

        source = add_watch(AsyncioLoop(), ends[0], Condition.IN, on_bytes)
        ends[1].write_all(b"abcd")
        await ended.wait()
        await asyncio.sleep(0)
        assert seen == [b"a", b"b", b"c"]
        assert not source.active

    asyncio.run(main())


def test_a_removed_watch_is_not_called(ends: Ends) -> None:
    async def main() -> None:
        called: list[Channel] = []
        source = add_watch(
            AsyncioLoop(),
            ends[0],
            Condition.IN,
            lambda channel, _: bool(called.append(channel)),  # type: ignore[func-returns-value]
        )
        source.remove()
        source.remove()
        ends[1].write_all(b"x")
        await asyncio.sleep(0.001)
        assert called == []

    asyncio.run(main())


def test_a_watch_that_raises_ends_and_the_loop_is_told(ends: Ends) -> None:
    async def main() -> None:
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))

        def fail(channel: Channel, condition: Condition) -> bool:
            raise KeyError

        source = add_watch(AsyncioLoop(), ends[0], Condition.IN, fail)
        ends[1].write_all(b"x")
        await asyncio.sleep(0.001)
        assert [type(error) for error in told] == [KeyError]
        assert not source.active

    asyncio.run(main())


def test_it_needs_a_running_loop() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        AsyncioLoop()
