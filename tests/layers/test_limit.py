from __future__ import annotations

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import LocalProtocolError
from iochan.layers.limit import LimitLayer

Pair = tuple[SocketChannel, SocketChannel]


def test_reads_end_at_the_limit_and_the_rest_stays_below(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"bodynext")
    channel = LimitLayer(near, read=4)
    assert channel.read() == b"body"
    assert channel.ready(Condition.IN) is Condition.IN
    assert [channel.read(), channel.read()] == [b"", b""]
    assert near.read() == b"next"


def test_an_earlier_end_is_the_end(pair: Pair) -> None:
    near, far = pair
    far.write_all(b"bo")
    far.close()
    channel = LimitLayer(near, read=4)
    assert [channel.read(), channel.read()] == [b"bo", b""]
    assert channel.read_left == 2


def test_a_write_past_the_limit_is_refused_after_what_fits(pair: Pair) -> None:
    near, far = pair
    channel = LimitLayer(near, write=3)
    assert channel.write(b"abcde") == 3
    assert channel.ready(Condition.OUT) is Condition.OUT
    with pytest.raises(LocalProtocolError, match="all of its 3 bytes"):
        channel.write(b"d")
    assert far.read() == b"abc"


def test_without_limits_all_passes(pair: Pair) -> None:
    near, far = pair
    channel = LimitLayer(near)
    channel.write_all(b"out")
    far.write_all(b"in")
    assert (far.read(), channel.read()) == (b"out", b"in")
    assert (channel.read_left, channel.write_left) == (None, None)
    assert isinstance(channel.ready(Condition.IN), Blocked)


def test_a_limit_below_nothing_is_refused(pair: Pair) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        LimitLayer(pair[0], read=-1)


def test_it_is_found_by_name_with_text_options(pair: Pair) -> None:
    channel = pair[0].layer("limit", read="1K", write=5)
    assert isinstance(channel, LimitLayer)
    assert (channel.read_left, channel.write_left) == (1024, 5)
