from __future__ import annotations

import array
import asyncio
import contextvars
import gc
import inspect
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from iochan.aio import AsyncChannel, arun
from iochan.aio.channel import FAIR_TURNS
from iochan.channels.socket import SocketChannel
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import (
    ChannelBusyError,
    ChannelClosedError,
    ChannelTimeout,
    UnexpectedEOF,
    UnsupportedFeature,
)
from iochan.core.op import Op, within
from iochan.core.primitives import Primitives
from iochan.core.stacking import Stacking
from iochan.core.writing import HELD_LIMIT

Runner = Callable[[Callable[[], Awaitable[Any]]], Any]


def run_asyncio(main: Callable[[], Any]) -> Any:
    return asyncio.run(main())


def run_uvloop(main: Callable[[], Any]) -> Any:
    return pytest.importorskip("uvloop").run(main())


def run_trio(main: Callable[[], Any]) -> Any:
    return pytest.importorskip("trio").run(main)


RUNNERS = {"asyncio": run_asyncio, "uvloop": run_uvloop, "trio": run_trio}


@pytest.fixture(params=RUNNERS)
def start(request: pytest.FixtureRequest) -> Runner:
    return RUNNERS[request.param]


@pytest.fixture(params=["asyncio", "uvloop"])
def start_asyncio(request: pytest.FixtureRequest) -> Runner:
    return RUNNERS[request.param]


@pytest.fixture
def ends() -> Iterator[tuple[SocketChannel, SocketChannel]]:
    near, far = map(SocketChannel, socket.socketpair())
    yield near, far
    near.abort()
    far.abort()


Ends = tuple[SocketChannel, SocketChannel]


def fill(channel: Channel) -> int:
    """Write until nothing fits any more."""
    count = 0
    while not isinstance(put := channel.try_write(bytes(65536)), Blocked):
        count += put
    return count


def test_it_has_every_public_verb_of_a_channel() -> None:
    no_verbs = {
        name for name in dir(Channel) if name.endswith("_op") or name.startswith(("_", "try_", "do_"))
    }
    settings = {"blocking", "spin", "timeout", "ready", "attributes", "refuse", "choose_flags", "mark_closed"}
    verbs = set(dir(Channel)) - no_verbs - settings - set(dir(Stacking)) - set(Primitives.__annotations__)
    states = {"held", "reading", "writing"}
    missing = sorted(verb for verb in verbs - states if not hasattr(AsyncChannel, verb))
    assert missing == []


def test_its_verbs_take_what_those_of_a_channel_take() -> None:
    for name, verb in inspect.getmembers(AsyncChannel, inspect.isfunction):
        if not name.startswith("_"):
            theirs = inspect.signature(getattr(Channel, name))
            assert list(inspect.signature(verb).parameters) == list(theirs.parameters), name


def test_every_verb_moves_bytes(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        near, far = AsyncChannel(ends[0]), AsyncChannel(ends[1])
        assert await near.write(b"one") == 3
        await near.write_all(b"two")
        assert await near.writev([b"thr", b"ee"]) == 5
        await near.writev_all([b"fou", b"r"])
        assert await far.peek(3) == b"one"
        room = bytearray(3)
        assert await far.readinto(room) == 3
        assert room == b"one"
        assert await far.read(3) == b"two"
        first, second = bytearray(2), bytearray(3)
        assert await far.readv([first, second]) == 5
        assert first + second == b"three"
        await far.readv_all([memoryview(first), memoryview(second)[:1]])
        assert first + second[:1] == b"fou"
        assert await far.read_exactly(1) == b"r"
        await near.write_eof()
        assert await far.readv_all_eof([bytearray(1)]) is False
        assert await far.read() == b""
        await far.write_all(b"late")
        assert await near.read() == b"late"
        await near.close()
        assert near.closed

    start(main)


def test_facts_are_those_of_the_channel(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        view = AsyncChannel(ends[0])
        ends[0].name = "left"
        assert (view.name, view.closed, view.lower) == ("left", False, None)
        assert view.fileno() == ends[0].fileno()
        assert view.features == ends[0].features
        assert str(view) == "left"
        assert repr(view) == "<AsyncChannel of <SocketChannel left>>"
        view.set_delay(False)
        view.abort()
        assert view.closed

    start(main)


def test_an_async_with_closes_in_order_and_aborts_after_an_error(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        async with AsyncChannel(ends[0]) as view:
            await view.set_cork(True)
            await view.write_all(b"held until the close")
        assert ends[0].closed
        assert await AsyncChannel(ends[1]).read() == b"held until the close"
        with pytest.raises(KeyError):
            async with AsyncChannel(ends[1]):
                raise KeyError
        assert ends[1].closed

    start(main)


def test_an_empty_buffer_reads_and_writes_nothing(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        view = AsyncChannel(ends[0])
        assert await view.readinto(bytearray()) == 0
        assert await view.read(0) == b""
        assert await view.write(b"") == 0
        await view.write_all(b"")
        with pytest.raises(ValueError, match="read of -1 bytes"):
            await view.read(-1)

    start(main)


def test_buffers_of_other_formats_count_in_bytes(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        near, far = AsyncChannel(ends[0]), AsyncChannel(ends[1])
        numbers = array.array("i", range(10))
        assert await near.write(numbers) == 40
        room = array.array("i", [0] * 10)
        assert await far.readinto(room) == 40
        assert room == numbers
        room.append(1)  # no view of it is kept

    start(main)


def test_no_view_of_a_buffer_is_kept_after_a_read_that_waited(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        room = array.array("B", bytes(4))
        op = wait_and_write(ends[1])
        reading = AsyncChannel(ends[0]).readinto(room)
        await both(reading, op)
        room.append(1)
        assert room.tobytes()[:4] == b"late"

    async def wait_and_write(channel: Channel) -> None:
        await sleep(0.001)
        channel.write_all(b"late")

    start(main)


async def sleep(seconds: float) -> None:
    """Sleep on the running loop through an operation."""

    def op() -> Op[None]:
        yield Blocked((), clock.now() + seconds)

    await arun(op())


async def both(*jobs: Any) -> list[Any]:
    """Run all *jobs* beside each other on the running loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio = pytest.importorskip("trio")
        results: list[Any] = [None] * len(jobs)

        async def one(index: int, job: Any) -> None:
            try:
                results[index] = await job
            except Exception as error:  # noqa: BLE001 - as gather
                results[index] = error

        async with trio.open_nursery() as nursery:
            for index, job in enumerate(jobs):
                nursery.start_soon(one, index, job)
        return results
    return await asyncio.gather(*jobs, return_exceptions=True)


def test_a_second_reader_and_a_second_writer_are_refused(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        view = AsyncChannel(ends[0])

        async def second() -> None:
            await sleep(0)
            with pytest.raises(ChannelBusyError, match="has a reader already"):
                await view.read()
            with pytest.raises(ChannelBusyError, match="has a reader already"):
                await view.readinto(bytearray(1))
            ends[1].write_all(b"x")

        assert (await both(view.read(), second()))[0] == b"x"
        fill(ends[0])

        async def other() -> None:
            await sleep(0)
            with pytest.raises(ChannelBusyError, match="has a writer already"):
                await view.write(b"b")
            with pytest.raises(ChannelBusyError, match="has a writer already"):
                await view.write_all(b"b")
            ends[1].blocking = False
            while ends[1].try_readv([memoryview(bytearray(262144))]) == 262144:
                pass

        results = await both(view.write_all(b"a"), other())
        assert results == [None, None]

    start(main)


def test_a_closed_channel_says_so(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        view = AsyncChannel(ends[0])
        await view.close()
        await view.close()
        for verb in (view.read(), view.readinto(bytearray(1)), view.write(b"x"), view.write_all(b"x")):
            with pytest.raises(ChannelClosedError, match="socket is closed"):
                await verb

    start(main)


def test_closing_wakes_who_waits(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        near = AsyncChannel(ends[0])
        fill(ends[0])

        async def close() -> None:
            await sleep(0)
            ends[0].abort()

        results = await both(near.readinto(bytearray(1)), near.write_all(b"x"), close())
        assert [type(result) for result in results] == [ChannelClosedError, ChannelClosedError, type(None)]

    start(main)


def test_a_number_that_comes_back_at_once_is_another_channel(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        number = ends[0].fileno()

        async def replace() -> bytes:
            await sleep(0)
            ends[0].abort()
            left, right = socket.socketpair()
            new, peer = SocketChannel(left), SocketChannel(right)
            assert number in (new.fileno(), peer.fileno())

            async def write() -> None:
                await sleep(0)
                peer.write_all(b"new")

            results = await both(AsyncChannel(new).read(), write())
            new.abort()
            peer.abort()
            data: bytes = results[0]
            return data

        results = await both(AsyncChannel(ends[0]).read(), replace())
        assert isinstance(results[0], ChannelClosedError)
        assert results[1] == b"new"

    start(main)


def test_shutdown_ends_a_waiting_read(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        view = AsyncChannel(ends[0])

        async def end() -> None:
            await sleep(0)
            view.shutdown(Shutdown.READ)

        assert (await both(view.read(), end()))[0] == b""

    start(main)


def test_two_operations_may_wait_for_the_same_descriptor(start: Runner, ends: Ends) -> None:
    def until_readable() -> Op[str]:
        yield ends[0].blocked_in
        return "woken"

    async def main() -> None:
        async def write() -> None:
            await sleep(0)
            await sleep(0)
            ends[1].write_all(b"x")

        results = await both(
            arun(until_readable()), AsyncChannel(ends[0]).read(), arun(until_readable()), write()
        )
        assert results == ["woken", b"x", "woken", None]

    start(main)


def test_an_operation_may_wait_in_several_places(start: Runner, ends: Ends) -> None:
    fill(ends[0])

    def either() -> Op[None]:
        yield Blocked(((ends[0], Condition.OUT), (ends[0], Condition.IN), (ends[1], Condition.HUP)), 9e9)

    async def main() -> None:
        async def write() -> None:
            await sleep(0)
            ends[1].write_all(b"x")

        assert await both(arun(either()), write()) == [None, None]

    start(main)


def test_a_handshake_and_a_close_keep_their_deadlines(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        view = AsyncChannel(ends[0])
        await view.handshake()
        await view.set_cork(True)
        await view.write_all(b"x")
        fill(ends[0])
        with pytest.raises(ChannelTimeout, match="the flush did not end"):
            await arun(within(ends[0].flush_op(), 0.01, "the flush"))
        assert bytes(ends[0].held or b"") == b"x"

    start(main)


def test_a_cork_gathers_until_it_is_full_or_out(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        near, far = AsyncChannel(ends[0]), ends[1]
        far.blocking = False
        await near.set_cork(True)
        assert await near.write(b"a") == 1
        await near.write_all(b"b")
        assert far.try_readinto(bytearray(1)) is far.blocked_in
        await near.flush()
        assert far.read() == b"ab"
        await near.write_all(bytes(HELD_LIMIT))
        assert not ends[0].held
        assert far.readv([bytearray(HELD_LIMIT)]) > 0
        await near.write_all(b"c")
        await near.set_cork(False)
        assert ends[0].held is None

    start(main)


def test_offsets_need_a_channel_that_has_them(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        view = AsyncChannel(ends[0])
        with pytest.raises(UnsupportedFeature, match="lacks the feature SEEK"):
            await view.preadv([bytearray(1)], 0)
        with pytest.raises(UnsupportedFeature, match="lacks the feature SEEK"):
            await view.pwritev([b"x"], 0)
        with pytest.raises(UnsupportedFeature, match="lacks the feature SEEK"):
            view.seek(0)
        with pytest.raises(UnsupportedFeature, match="lacks the feature SEEK"):
            await view.sync()

    start(main)


def test_a_record_that_is_cut_says_how_much_came(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        ends[1].write_all(b"abc")
        ends[1].close()
        with pytest.raises(UnexpectedEOF, match="after 3 of 5 bytes"):
            await AsyncChannel(ends[0]).read_exactly(5)

    start(main)


def test_outside_of_a_loop_it_says_where_to_make_it(ends: Ends) -> None:
    with pytest.raises(RuntimeError, match="outside of an event loop"):
        AsyncChannel(ends[0])


def test_in_another_loop_it_says_where_to_make_it(ends: Ends) -> None:
    async def make() -> AsyncChannel:
        return AsyncChannel(ends[0])

    async def use() -> None:
        with pytest.raises(RuntimeError, match="of another event loop"):
            await view.read()
        with pytest.raises(RuntimeError, match="of another event loop"):
            await view.readinto(bytearray(1))
        assert not ends[0].reading
        assert await AsyncChannel(ends[0]).write(b"x") == 1

    view = asyncio.run(make())
    asyncio.run(use())
    pytest.importorskip("trio").run(use)


def test_a_busy_channel_lets_other_tasks_run(start: Runner, ends: Ends) -> None:
    async def main() -> None:
        turns = 0
        busy = True

        async def count() -> None:
            nonlocal turns
            while busy:
                await sleep(0)
                turns += 1

        async def pump() -> None:
            nonlocal busy
            near, far = AsyncChannel(ends[0]), AsyncChannel(ends[1])
            for _ in range(FAIR_TURNS * 4):
                await near.write_all(b"x")
                assert await far.readinto(bytearray(1)) == 1
            busy = False

        await both(pump(), count())
        assert turns >= 3

    start(main)


def test_a_task_keeps_its_context_across_a_wait(start: Runner, ends: Ends) -> None:
    who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")

    def body() -> Op[str]:
        yield ends[0].blocked_in
        return who.get()

    async def reader(name: str) -> tuple[str, str]:
        who.set(name)
        inside = await arun(body())
        return inside, who.get()

    async def main() -> None:
        async def write() -> None:
            await sleep(0)
            ends[1].write_all(b"x")

        results = await both(reader("first"), reader("second"), write())
        assert results == [("first", "first"), ("second", "second"), None]

    start(main)


def test_an_operation_nobody_finished_lets_go_of_the_channel(ends: Ends) -> None:
    op = ends[0].read_op()
    assert next(op) is ends[0].blocked_in
    assert ends[0].reading
    del op
    gc.collect()
    assert not ends[0].reading
