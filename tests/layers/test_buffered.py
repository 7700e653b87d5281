from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import AddressError, LimitExceeded, TruncatedError, UnexpectedEOF, WouldBlock
from iochan.core.fd import FdBox
from iochan.core.feature import Feature, ReadFlag
from iochan.core.layer import Layer
from iochan.core.op import run
from iochan.layers.buffered import BufferedLayer
from iochan.layers.fault import DribbleLayer, StutterLayer
from iochan.layers.prefix import PrefixLayer

Pair = tuple[SocketChannel, SocketChannel]


class Ended(Channel):
    """A channel whose stream is at its end."""

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return 0

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        raise AssertionError

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        return condition

    @override
    def do_close(self) -> None:
        return


def test_small_reads_are_served_by_one_read_below(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"abcdef")
    channel = BufferedLayer(near)
    assert channel.read(2) == b"ab"
    assert channel.buffered_bytes == 4
    assert channel.ready(Condition.IN) is Condition.IN
    assert channel.read(100) == b"cdef"
    assert isinstance(channel.ready(Condition.IN), Blocked)


def test_a_read_as_large_as_the_buffer_goes_past_it(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"0123456789")
    channel = BufferedLayer(near, 4)
    room = bytearray(7)
    assert channel.readinto(room) == 7
    assert (bytes(room), channel.buffered_bytes) == (b"0123456", 0)


def test_peek_leaves_the_bytes_and_sees_later_ones(pair: Pair) -> None:
    near, far = pair
    channel = BufferedLayer(DribbleLayer(near))
    assert Feature.PEEK in channel.features
    far.write_all(b"xyz")
    assert [channel.peek() for _ in range(4)] == [b"x", b"xy", b"xyz", b"xyz"]
    assert channel.peek(1) == b"x"
    assert channel.read() == b"xyz"
    far.close()
    assert channel.peek() == b""


def test_a_blocked_peek_is_a_would_block(pair: Pair) -> None:
    channel = BufferedLayer(pair[0])
    channel.blocking = False
    with pytest.raises(WouldBlock):
        channel.peek()


def test_read_until_returns_the_separator_and_keeps_the_rest(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"HTTP/1.1 200\r\n\r\nbody")
    channel = BufferedLayer(StutterLayer(DribbleLayer(near)))
    assert channel.read_until(b"\r\n\r\n") == b"HTTP/1.1 200\r\n\r\n"
    assert channel.read_exactly(4) == b"body"


def test_a_separator_past_the_limit_is_an_error_that_loses_nothing(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"12345\n")
    channel = BufferedLayer(near, 16)
    with pytest.raises(LimitExceeded, match="within 5 bytes"):
        channel.read_line(5)
    assert channel.read_line(6) == b"12345\n"
    far.write_all(b"x" * 16)
    with pytest.raises(LimitExceeded, match="within 16 bytes"):
        channel.read_until(b"\n")
    assert channel.read_exactly(16) == b"x" * 16


def test_the_end_before_the_separator_is_an_error_that_loses_nothing(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"half")
    far.close()
    channel = BufferedLayer(near)
    with pytest.raises(UnexpectedEOF, match="after 4 bytes, before the separator") as caught:
        channel.read_line()
    assert (caught.value.got, caught.value.wanted) == (4, None)
    with pytest.raises(UnexpectedEOF, match="after 4 bytes"):
        channel.read_until(b"\0")
    assert channel.read() == b"half"
    assert channel.read_line() == b""
    with pytest.raises(UnexpectedEOF):
        channel.read_until(b"\n")
    assert channel.read() == b""


def test_limits_that_cannot_be_are_refused(pair: Pair) -> None:
    channel = BufferedLayer(pair[0], 8)
    for limit in (0, 9):
        with pytest.raises(ValueError, match="between 1 and 8"):
            channel.read_line(limit)
    with pytest.raises(ValueError, match="empty separator"):
        channel.read_until(b"")
    with pytest.raises(ValueError, match="between 1 and"):
        BufferedLayer(pair[0], 0)


def test_unread_comes_first_and_is_bounded(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"def")
    channel = BufferedLayer(near, 8)
    assert channel.read(1) == b"d"
    channel.unread(b"abcd")
    assert channel.buffered_bytes == 6
    with pytest.raises(ValueError, match="holds 6 of at most 8"):
        channel.unread(b"xyz")
    assert channel.read() == b"abcdef"


def test_a_cancelled_read_line_has_taken_nothing(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"one")
    channel = BufferedLayer(near)
    op = channel.read_line_op()
    assert isinstance(next(op), Blocked)
    op.close()
    far.write_all(b" line\n")
    assert run(channel.read_line_op(), 5) == b"one line\n"


def test_it_works_awaited(pair: Pair) -> None:
    near, far = pair

    async def main() -> tuple[bytes, bytes]:
        channel = BufferedLayer(near)
        waiting = asyncio.create_task(arun(channel.read_line_op()))
        await asyncio.sleep(0)
        far.write_all(b"line\nrest")
        return await waiting, await AsyncChannel(channel).read()

    assert asyncio.run(main()) == (b"line\n", b"rest")


def test_an_error_below_comes_after_what_was_read(pair: Pair) -> None:
    class Cut(Layer):
        @override
        def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
            if flags & ReadFlag.RELAXED_EOF:
                return 0
            raise TruncatedError("cut")

    channel = BufferedLayer(PrefixLayer(Cut(pair[0]), b"abc"))
    assert channel.read(1) == b"a"
    assert channel.read() == b"bc"
    with pytest.raises(TruncatedError):
        channel.read()
    assert channel.readv([bytearray(1)], flags=ReadFlag.RELAXED_EOF) == 0


def test_it_is_found_by_name_with_text_options(pair: Pair) -> None:
    channel = pair[0].layer("buffered", size="1K")
    assert isinstance(channel, BufferedLayer)
    assert channel.size == 1024
    with pytest.raises(AddressError, match=r"buffered\.size"):
        Channel.layer(pair[0], "buffered", size="1G")


@given(
    data=st.binary(max_size=60),
    size=st.integers(1, 12),
    steps=st.lists(st.tuples(st.sampled_from(["read", "peek", "line", "unread"]), st.integers(1, 14))),
)
def test_it_gives_what_a_plain_string_would(data: bytes, size: int, steps: list[tuple[str, int]]) -> None:
    channel = BufferedLayer(PrefixLayer(Ended(), data), size)
    left = data
    for step, count in steps:
        if step == "read":
            got = channel.read(count)
            assert left.startswith(got)
            assert bool(got) == bool(left)
            left = left[len(got) :]
        elif step == "peek":
            seen = channel.peek(count)
            assert left.startswith(seen)
            assert bool(seen) == bool(left)
        elif step == "unread":
            back = b"u" * min(count, size - channel.buffered_bytes)
            channel.unread(back)
            left = back + left
        else:
            left = line_of(channel, left, min(count, size))
        assert channel.buffered_bytes <= size
    assert b"".join(iter(channel.read, b"")) == left


def line_of(channel: BufferedLayer, left: bytes, limit: int) -> bytes:
    """Read a line of *left* as a plain string would give it, and return what is left then."""
    line, newline, rest = left.partition(b"\n")
    if newline and len(line) < limit:
        assert channel.read_line(limit) == line + newline
        return rest
    if not left:
        assert channel.read_line(limit) == b""
    else:
        with pytest.raises(UnexpectedEOF if len(left) < limit else LimitExceeded):
            channel.read_line(limit)
    return left
