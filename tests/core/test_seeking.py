from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable

import pytest
from typing_extensions import override

from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, scatter, total
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBusyError, ChannelClosedError, UnsupportedFeature
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.op import run


class Sheet(Channel):
    """Bytes with offsets, in memory."""

    features = Feature.SEEK

    def __init__(self, data: bytes) -> None:
        super().__init__("sheet")
        self.file = io.BytesIO(data)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        return scatter(self.file.read(total(views)), views)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        return self.file.write(b"".join(views))

    @override
    def try_preadv(self, views: Views, offset: int) -> int | Blocked:
        return scatter(self.file.getvalue()[offset:], views)

    @override
    def try_pwritev(self, views: Views, offset: int) -> int | Blocked:
        data = b"".join(views)
        self.file.getbuffer()[offset : offset + len(data)] = data
        return len(data)

    @override
    def do_seek(self, offset: int, whence: int) -> int:
        return self.file.seek(offset, whence)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        return condition

    @override
    def do_close(self) -> None:
        self.file.close()


def test_reads_and_writes_at_an_offset_leave_the_position_alone() -> None:
    with Sheet(b"abcdef") as sheet:
        assert sheet.read(2) == b"ab"
        room = bytearray(2)
        assert sheet.preadv([room], 4) == 2
        assert room == b"ef"
        assert sheet.pwritev([b"X", b"Y"], 2) == 2
        assert sheet.read() == b"XYef"
        assert sheet.preadv([room], 6) == 0


def test_empty_buffers_do_nothing_at_any_offset() -> None:
    with Sheet(b"abc") as sheet:
        assert sheet.preadv([], 1) == sheet.pwritev([b""], 1) == 0


def test_seek_moves_the_position_and_tells_it() -> None:
    with Sheet(b"abcdef") as sheet:
        assert sheet.seek(4) == 4
        assert sheet.read(1) == b"e"
        assert sheet.seek(-2, os.SEEK_CUR) == 3
        assert sheet.seek(0, os.SEEK_END) == 6
        assert sheet.read() == b""


def test_a_sync_waits_till_the_channel_has_done_it_and_sends_what_was_gathered() -> None:
    near, far = map(SocketChannel, socket.socketpair())
    with near, far, Sheet(b"") as sheet:
        answers = iter([far.blocked_in, None])
        sheet.try_sync = lambda: next(answers)  # type: ignore[method-assign] # a disk that needs a moment
        near.write_all(b"!")
        sheet.set_cork(True)
        sheet.write_all(b"gathered")
        sheet.sync()
        assert next(answers, "both were given") == "both were given"
        assert sheet.file.getvalue() == b"gathered"


def test_a_closed_one_and_a_busy_one_refuse() -> None:
    sheet = Sheet(b"abc")
    sheet.reading = True
    verbs: tuple[Callable[[], object], ...] = (lambda: sheet.preadv([bytearray(1)], 0), lambda: sheet.seek(0))
    for verb in verbs:
        with pytest.raises(ChannelBusyError, match="sheet has a reader already"):
            verb()
    sheet.reading = False
    sheet.close()
    verbs = (
        lambda: sheet.preadv([bytearray(1)], 0),
        lambda: sheet.pwritev([b"x"], 0),
        lambda: sheet.seek(0),
        sheet.sync,
    )
    for verb in verbs:
        with pytest.raises(ChannelClosedError, match="sheet is closed"):
            verb()


def test_a_stream_has_no_offsets() -> None:
    near, far = map(SocketChannel, socket.socketpair())
    with near, far:
        verbs: tuple[Callable[[], object], ...] = (
            lambda: near.seek(0),
            lambda: run(near.preadv_op([bytearray(1)], 0)),
            lambda: near.pwritev([b"x"], 0),
            near.sync,
        )
        for verb in verbs:
            with pytest.raises(UnsupportedFeature, match="lacks the feature SEEK") as caught:
                verb()
            assert caught.value.feature == "SEEK"
        primitives: tuple[Callable[[], object], ...] = (
            lambda: near.try_preadv((), 0),
            lambda: near.try_pwritev((), 0),
            lambda: near.do_seek(0, 0),
        )
        for primitive in primitives:
            with pytest.raises(UnsupportedFeature, match="socket has no offsets"):
                primitive()
