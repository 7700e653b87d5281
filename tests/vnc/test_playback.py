"""A tape of the channel to a server is drawn again."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pytest

from iochan.channels.unix import socketpair
from iochan.core.op import Op, run
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.layers.tapefile import TapeFile
from iochan.vnc import codes
from iochan.vnc.client import PSEUDO, VncClient
from iochan.vnc.errors import RfbError
from iochan.vnc.feed import Feed
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.login import Credentials, begin_op, prove_op
from iochan.vnc.pixelformat import RGB565, RGB888, PixelFormat
from iochan.vnc.playback import Playback
from iochan.vnc.rect import Rect
from iochan.vnc.server import VncServer
from iochan.vnc.servermessage import ServerMessages
from iochan.vnc.testcard import draw_testcard


def record(path: Path, form: PixelFormat, encoding: int) -> Framebuffer:
    """Record a viewer that sees a picture, a change, and another size; return what it saw at last."""
    framebuffer = Framebuffer(100, 80)
    draw_testcard(framebuffer)
    server = VncServer(framebuffer, name="card")
    near, far = socketpair()
    loop = PollLoop()

    def talk() -> Op[Framebuffer]:
        channel, chosen = yield from prove_op(near, Credentials())
        taped = channel.layer("record", path=str(path), strict=True)
        welcome = yield from begin_op(taped, chosen, shared=True)
        client = VncClient(welcome, form, (encoding, *PSEUDO))
        yield from client.screenshot_op()
        yield from client.pointer_op(1, 1, 256)
        framebuffer.copy(Rect(10, 10, 50, 30), 7, 13)
        framebuffer.fill(Rect(3, 3, 5, 5), 0xFF0000)
        yield from client.screenshot_op()
        server.resize(60, 90)
        while client.framebuffer.width != 60:
            yield from client.screenshot_op()
        yield from client.screenshot_op()
        yield from client.close_op()
        return client.framebuffer

    served = Task(loop, server.serve_op(far))
    talking = Task(loop, talk())
    loop.run()
    served.result()
    return talking.result()


@pytest.mark.parametrize("form", [RGB888, RGB565], ids=["32", "16"])
@pytest.mark.parametrize("encoding", [codes.RAW, codes.HEXTILE, codes.ZRLE, codes.TIGHT])
def test_what_was_seen_at_last_is_seen_again(tmp_path: Path, encoding: int, form: PixelFormat) -> None:
    seen = record(tmp_path / "tape", form, encoding)
    with TapeFile(tmp_path / "tape") as tape:
        playback = Playback(tape)
        assert (playback.name, playback.framebuffer.width) == ("card", 100)
        run(playback.run_op(math.inf))
    assert np.array_equal(playback.framebuffer.pixels, seen.pixels)


def test_time_passes_as_it_did_or_faster(tmp_path: Path) -> None:
    record(tmp_path / "tape", RGB888, codes.ZRLE)
    with TapeFile(tmp_path / "tape") as tape:
        times = [one.nanos for one in tape]
    with TapeFile(tmp_path / "tape") as tape:
        op = Playback(tape).run_op(1e-6)
        waited = next(op)
        assert waited.deadline is not None
        assert times[-1] > times[0]
        op.close()


def test_what_is_no_tape_of_a_desktop_is_refused(tmp_path: Path) -> None:
    near, far = socketpair()
    with far, near.layer("record", path=str(tmp_path / "tape"), strict=True) as taped:
        taped.write_all(b"\1")
        far.write_all(b"short")
        taped.read()
    with TapeFile(tmp_path / "tape") as tape, pytest.raises(RfbError, match="before a server has said"):
        Playback(tape)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_cursor_of_vmwares_kind_is_taken(kind: int) -> None:
    framebuffer = Framebuffer(10, 10)
    messages = ServerMessages(framebuffer, RGB888)
    feed: Feed[object] = Feed(messages.parse)
    head = struct.pack(">BxHHHHHi", codes.UPDATE, 1, 1, 0, 2, 1, codes.VMWARE_CURSOR)
    shown, hidden = b"\x33\x22\x11\0", bytes(4)
    masks = (hidden + b"\xff\xff\xff\0") + (shown + hidden)
    data = bytes((0x11, 0x22, 0x33, 0xFF)) + hidden if kind else masks
    feed.put(head + bytes((kind, 0)) + data)
    assert feed.next() is not None
    cursor = framebuffer.cursor
    assert cursor is not None
    assert (cursor.x, cursor.y, cursor.size) == (1, 0, (2, 1))
    assert cursor.rgba.tolist() == [[[0x11, 0x22, 0x33, 0xFF], [0, 0, 0, 0]]]
    feed.put(head + b"\2\0")
    with pytest.raises(RfbError, match="VMware's kind 2"):
        feed.next()
