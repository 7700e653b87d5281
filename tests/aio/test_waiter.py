from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from iochan.aio import AsyncChannel, arun
from iochan.aio.hub import _hubs, hub_of
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelClosedError
from iochan.core.op import Op

Ends = tuple[SocketChannel, SocketChannel]


def run_uvloop(main: Any) -> Any:
    return pytest.importorskip("uvloop").run(main)


@pytest.fixture(params=[asyncio.run, run_uvloop], ids=["asyncio", "uvloop"])
def start(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    runner: Callable[[Any], Any] = request.param
    return runner


@pytest.fixture
def ends() -> Iterator[Ends]:
    near, far = map(SocketChannel, socket.socketpair())
    yield near, far
    near.abort()
    far.abort()


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("verb", ["read", "readinto", "op"])
def test_a_read_cancelled_at_any_turn_loses_nothing(
    start: Callable[[Any], Any], ends: Ends, verb: str
) -> None:
    async def main() -> None:
        view, got = AsyncChannel(ends[0]), bytearray()

        async def read() -> None:
            room = bytearray(3)
            if verb == "read":
                got.extend(await view.read(3))
            elif verb == "readinto":
                got.extend(room[: await view.readinto(room)])
            else:
                got.extend(room[: await view.readv([room])])

        sent = bytearray()
        for index in range(120):
            task = asyncio.create_task(read())
            await turns(index % 3)
            piece = bytes([index])
            ends[1].write_all(piece)
            sent += piece
            # Cancelled before, between and after readiness and delivery.
            await turns(index % 4)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                assert not ends[0].reading
        while len(got) < len(sent):
            got += await view.read()
        assert got == sent

    start(main())


def test_a_trio_read_cancelled_at_any_turn_loses_nothing(ends: Ends) -> None:
    trio = pytest.importorskip("trio")

    async def main() -> None:
        view, got, sent = AsyncChannel(ends[0]), bytearray(), bytearray()

        async def read() -> None:
            got.extend(await view.read(3))

        for index in range(60):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(read)
                for _ in range(index % 3):
                    await trio.lowlevel.checkpoint()
                ends[1].write_all(bytes([index]))
                sent.append(index)
                for _ in range(index % 4):
                    await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()
        while len(got) < len(sent):
            got += await view.read()
        assert got == sent

    trio.run(main)


def test_a_waiter_cancelled_by_one_woken_before_it_takes_nothing(
    start: Callable[[Any], Any], ends: Ends
) -> None:
    def until_readable() -> Op[None]:
        yield ends[0].blocked_in

    async def main() -> None:
        async def cancel_the_reader() -> None:
            await arun(until_readable())
            reader.cancel()

        first = asyncio.create_task(cancel_the_reader())
        await turns(1)
        reader = asyncio.create_task(AsyncChannel(ends[0]).read())
        await turns(2)
        ends[1].write_all(b"kept")
        with pytest.raises(asyncio.CancelledError):
            await reader
        await first
        assert await AsyncChannel(ends[0]).read() == b"kept"

    start(main())


def test_a_deadline_of_asyncio_ends_a_read(start: Callable[[Any], Any], ends: Ends) -> None:
    async def main() -> None:
        view = AsyncChannel(ends[0])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.005):
                await view.read()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(view.readinto(bytearray(1)), 0.005)
        ends[1].write_all(b"x")
        assert await asyncio.wait_for(view.read(), 5) == b"x"

    start(main())


def test_a_task_group_cancels_those_that_wait(start: Callable[[Any], Any], ends: Ends) -> None:
    async def fail() -> None:
        await turns(2)
        raise KeyError

    async def main() -> None:
        with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012 - the group is what raises
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(AsyncChannel(ends[0]).read())
                group.create_task(fail())
        assert caught.group_contains(KeyError)
        assert reader.cancelled()
        assert not ends[0].reading

    start(main())


def test_a_second_cancel_of_a_cancelled_wait_is_one_cancellation(
    start: Callable[[Any], Any], ends: Ends
) -> None:
    async def main() -> None:
        task = asyncio.create_task(AsyncChannel(ends[0]).read())
        await turns(1)
        task.cancel("first")
        task.cancel("second")
        with pytest.raises(asyncio.CancelledError):
            await task
        ends[1].write_all(b"x")
        assert await AsyncChannel(ends[0]).read() == b"x"

    start(main())


def test_an_operation_that_cancels_its_own_task_ends_there(start: Callable[[Any], Any], ends: Ends) -> None:
    closed: list[bool] = []

    async def main() -> None:
        def suicidal() -> Op[None]:
            try:
                yield ends[0].blocked_in
                task.cancel()
                yield ends[0].blocked_in
            finally:
                closed.append(True)

        task = asyncio.create_task(arun(suicidal()))
        await turns(1)
        ends[1].write_all(b"x")
        with pytest.raises(asyncio.CancelledError):
            await task
        assert closed == [True]

    start(main())


def test_a_cancelled_write_leaves_the_channel_usable(start: Callable[[Any], Any], ends: Ends) -> None:
    async def main() -> None:
        near = AsyncChannel(ends[0])
        while not isinstance(ends[0].try_write(bytes(65536)), Blocked):
            pass
        for verb in (near.write, near.write_all):
            task = asyncio.ensure_future(verb(b"never sent"))
            await turns(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not ends[0].writing
        await near.close()
        data = bytearray()
        while piece := ends[1].read():
            data += piece
        assert not any(data)

    start(main())


def test_a_coroutine_that_is_closed_stands_nowhere(ends: Ends) -> None:
    async def main() -> None:
        coroutine = AsyncChannel(ends[0]).read()
        waiter: Any = coroutine.send(None)
        waiter.add_done_callback(lambda _: None, context=None)
        coroutine.close()
        ends[1].write_all(b"x")
        await turns(3)
        assert await AsyncChannel(ends[0]).read() == b"x"

    asyncio.run(main())


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_one_step_leaves_the_others_waiting(ends: Ends, error: type[BaseException]) -> None:
    def until_readable() -> Op[None]:
        yield ends[0].blocked_in

    async def interrupted() -> None:
        await arun(until_readable())
        raise error

    async def main() -> bytes:
        return await reader

    loop = asyncio.new_event_loop()
    first = loop.create_task(interrupted())

    async def make() -> asyncio.Task[bytes]:
        await turns(1)
        task = asyncio.create_task(AsyncChannel(ends[0]).read())
        await turns(1)
        return task

    reader = loop.run_until_complete(make())
    ends[1].write_all(b"x")
    with pytest.raises(error):
        loop.run_until_complete(main())
    assert loop.run_until_complete(main()) == b"x"
    assert isinstance(first.exception(), error)
    loop.close()


def test_a_loop_closed_while_a_task_waits_leaves_the_channel_usable(ends: Ends) -> None:
    async def wait_a_moment() -> None:
        tasks.append(asyncio.create_task(AsyncChannel(ends[0]).read()))
        await turns(2)

    tasks: list[Any] = []
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    loop.run_until_complete(wait_a_moment())
    loop.close()
    tasks.clear()

    async def read() -> bytes:
        # The first hub of a new loop lets go of what waited on closed ones.
        hub_of(asyncio.get_running_loop())
        gc.collect()
        ends[1].write_all(b"x")
        return await AsyncChannel(ends[0]).read()

    assert asyncio.run(read()) == b"x"


def test_the_hubs_of_closed_loops_are_forgotten(ends: Ends) -> None:
    async def hub() -> Any:
        return hub_of(asyncio.get_running_loop())

    first = asyncio.run(hub())
    second = asyncio.run(hub())
    assert first.loop.is_closed()
    assert first is not second
    assert first.loop not in _hubs


def test_waiting_for_a_closed_descriptor_is_an_error(start: Callable[[Any], Any], ends: Ends) -> None:
    def stubborn() -> Op[None]:
        while True:
            yield ends[0].blocked_in

    async def main() -> None:
        ends[0].abort()
        with pytest.raises(ChannelClosedError, match="was closed while an operation waited"):
            await arun(stubborn())

    start(main())


def test_a_descriptor_that_is_ready_for_nobody_does_not_spin(ends: Ends) -> None:
    async def main() -> None:
        task = asyncio.create_task(AsyncChannel(ends[0]).read())
        await turns(1)
        task.cancel()
        ends[1].write_all(b"x")
        await turns(4)
        entry = hub_of(asyncio.get_running_loop()).entry(ends[0])
        assert not entry.reader_set

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with 3.12")
def test_eager_tasks_wait_and_wake(ends: Ends) -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
        task = asyncio.create_task(AsyncChannel(ends[0]).read())
        assert ends[0].reading
        ends[1].write_all(b"x")
        assert await task == b"x"

    asyncio.run(main())
