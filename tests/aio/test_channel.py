from __future__ import annotations

import array
import asyncio
import inspect

import pytest

from iochan.aio import AsyncChannel
from iochan.core.channel import Channel
from iochan.core.errors import (
    UnexpectedEOF,
    UnsupportedFeature,
)
from iochan.core.primitives import Primitives
from iochan.core.stacking import Stacking
from tests.aio.running import Ends, Runner, both, sleep


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
