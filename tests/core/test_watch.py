from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest
from typing_extensions import override

from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, scatter
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.fd import FdBox
from iochan.core.layer import Layer
from iochan.core.op import poll_mask
from iochan.core.pollloop import PollLoop
from iochan.core.watch import Watch, add_watch


class Hoard(Layer):
    """Reads all it can get at once, and hands it out one byte at a time."""

    def __init__(self, lower: Channel) -> None:
        super().__init__(lower, "hoard")
        self.hoarded = b""
        self.wants_out = False

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if not self.hoarded:
            room = bytearray(64)
            got = self.lower.try_readinto(room)
            if isinstance(got, Blocked) or not got:
                return got
            self.hoarded = bytes(room[:got])
        scatter(self.hoarded[:1], views)
        self.hoarded = self.hoarded[1:]
        return 1

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if condition is Condition.IN and self.hoarded:
            return Condition.IN
        return self.lower.ready(Condition.OUT if self.wants_out else condition)


@pytest.fixture
def ends() -> Iterator[tuple[Hoard, SocketChannel]]:
    near, far = socket.socketpair()
    top, peer = Hoard(SocketChannel(near)), SocketChannel(far)
    yield top, peer
    top.abort()
    peer.abort()


Ends = tuple[Hoard, SocketChannel]


def test_a_watch_names_what_to_poll(ends: Ends) -> None:
    watch = Watch(ends[0], Condition.IN)
    assert watch.fileno() == ends[0].fileno()
    assert watch.condition is Condition.IN
    assert watch.ready_now is Condition.NONE
    assert watch.deadline is None


def test_bytes_inside_the_stack_are_ready_now(ends: Ends) -> None:
    top, peer = ends
    peer.write_all(b"ab")
    watch = Watch(top, Condition.IN)
    poll = select.poll()
    poll.register(watch.fileno(), poll_mask(watch.condition))
    assert poll.poll(1000)
    assert top.read() == b"a"
    watch.refresh()
    assert watch.ready_now == Condition.IN
    assert watch.fileno() == -1
    assert watch.condition is Condition.NONE
    assert poll.poll(0) == []
    assert top.read() == b"b"
    watch.refresh()
    assert not watch.ready_now
    assert watch.fileno() == top.fileno()


def test_it_may_have_to_wait_for_another_direction_than_asked(ends: Ends) -> None:
    ends[0].wants_out = True
    watch = Watch(ends[0], Condition.IN)
    assert (watch.interest, watch.condition) == (Condition.IN, Condition.OUT)


def test_several_descriptors_are_registered_one_by_one(ends: Ends) -> None:
    class Either(Hoard):
        @override
        def ready(self, condition: Condition) -> Condition | Blocked:
            return Blocked(((self.lower, Condition.IN), (ends[1], Condition.OUT)), 5.0)  # type: ignore[arg-type]

    near, far = socket.socketpair()
    with far, Either(SocketChannel(near)) as either:
        watch = Watch(either, Condition.IN)
        assert len(watch.waits) == 2
        assert watch.deadline == 5.0
        with pytest.raises(ValueError, match="has 2 descriptors: register each of its waits"):
            watch.fileno()


def test_a_source_drains_what_waits_inside_the_stack(ends: Ends) -> None:
    top, peer = ends
    loop = PollLoop()
    seen = bytearray()

    def on_bytes(channel: Channel, condition: Condition) -> bool:
        assert condition is Condition.IN
        seen.extend(channel.read())
        return len(seen) < 6

    source = add_watch(loop, top, Condition.IN, on_bytes)
    peer.write_all(b"abcdef")
    loop.run()
    assert seen == b"abcdef"
    assert not source.active


def test_a_source_follows_a_condition_that_changes(ends: Ends) -> None:
    top, peer = ends
    loop = PollLoop()
    calls = []

    def on_ready(channel: Channel, _: Condition) -> bool:
        calls.append(top.wants_out)
        top.wants_out = not top.wants_out
        if not top.wants_out:
            peer.write_all(b"x")
        elif calls[1:]:
            channel.read()
        return len(calls) < 4

    top.wants_out = True
    add_watch(loop, top, Condition.IN, on_ready)
    loop.run()
    assert calls == [True, False, True, False]


@pytest.mark.parametrize("plain", [True, False])
def test_a_channel_closed_in_its_callback_is_watched_no_more(ends: Ends, plain: bool) -> None:
    loop = PollLoop()
    channel = ends[1] if plain else ends[0]
    calls = []

    def close(channel: Channel, _: Condition) -> bool:
        calls.append(channel)
        channel.close()
        return True

    source = add_watch(loop, channel, Condition.OUT, close)
    loop.run()
    assert calls == [channel]
    assert not source.active


def test_a_source_removed_in_its_callback_is_called_no_more(ends: Ends) -> None:
    loop = PollLoop()
    calls = []

    def remove(channel: Channel, _: Condition) -> bool:
        calls.append(channel)
        source.remove()
        return True

    source = add_watch(loop, ends[1], Condition.OUT, remove)
    loop.run()
    assert len(calls) == 1


def test_a_source_whose_callback_raises_ends(ends: Ends) -> None:
    loop = PollLoop()

    def fail(channel: Channel, condition: Condition) -> bool:
        raise KeyError

    source = add_watch(loop, ends[1], Condition.OUT, fail)
    with pytest.raises(KeyError):
        loop.run()
    loop.run()
    assert not source.active
