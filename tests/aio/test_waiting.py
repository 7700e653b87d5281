"""Who waits in a loop, and what wakes them: closing, shutdown, deadlines, other tasks."""

from __future__ import annotations

import contextvars
import gc
import socket

import pytest

from iochan.aio import AsyncChannel, arun
from iochan.aio.channel import FAIR_TURNS
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import (
    ChannelBusyError,
    ChannelClosedError,
    ChannelTimeout,
)
from iochan.core.op import Op, within
from iochan.core.writing import HELD_LIMIT
from tests.aio.running import Ends, Runner, both, fill, sleep


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
