from __future__ import annotations

import logging

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core.errors import ChannelBrokenError
from iochan.layers.fault import BreakLayer
from iochan.layers.trace import TraceLayer

Pair = tuple[SocketChannel, SocketChannel]


def test_each_call_is_one_line_that_shows_no_bytes(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    near, far = pair
    channel = TraceLayer(near)
    with caplog.at_level(logging.DEBUG, "iochan.trace"):
        channel.write_all(b"secret")
        far.write_all(b"password")
        channel.read(100)
        channel.write_eof()
        channel.close()
    assert caplog.messages == [
        "trace(near) write 6 of 6",
        "trace(near) read 8 of 100",
        "trace(near) end of writing",
        "trace(near) close",
    ]


def test_bytes_are_shown_on_demand_and_cut(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    near, _ = pair
    channel = TraceLayer(near, show=4, name="t")
    with caplog.at_level(logging.DEBUG, "iochan.trace"):
        channel.writev_all([b"a\x1b", b"cdef"])
        channel.write_all(b"abcd")
    assert caplog.messages == ["t write 6 of 6: b'a\\x1bcd'…", "t write 4 of 4: b'abcd'"]


def test_blocked_and_failed_calls_are_lines_too(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    near, _ = pair
    channel = TraceLayer(BreakLayer(near, write=0), name="t")
    with caplog.at_level(logging.DEBUG, "iochan.trace"):
        channel.try_readinto(bytearray(3))
        with pytest.raises(ChannelBrokenError):
            channel.write(b"x")
        with pytest.raises(ChannelBrokenError):
            channel.read(1)
    assert caplog.messages[0] == "t read 0 of 3: blocked"
    assert caplog.messages[1].startswith("t write failed: break of near failed")
    assert caplog.messages[2].startswith("t read failed: ")


def test_above_the_level_debug_nothing_is_logged(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    near, far = pair
    channel = TraceLayer(near, show=8)
    with caplog.at_level(logging.INFO, "iochan.trace"):
        channel.write_all(b"out")
        far.write_all(b"in")
        assert channel.read() == b"in"
    assert caplog.messages == []


def test_it_is_found_by_name_with_text_options(pair: Pair) -> None:
    channel = pair[0].layer("trace", show="16")
    assert isinstance(channel, TraceLayer)
    with pytest.raises(ValueError, match="0 or more"):
        TraceLayer(pair[1], show=-1)
