"""A tape of the channel to a server is drawn again."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.op import Op, run
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.layers.tapefile import TapeFile
from iochan.vnc import codes
from iochan.vnc.client import PSEUDO, VncClient
from iochan.vnc.errors import RfbError
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.login import Credentials, prove_op
from iochan.vnc.pixelformat import RGB565, RGB888, PixelFormat
from iochan.vnc.playback import Playback
from iochan.vnc.rect import Rect
from iochan.vnc.server import VncServer
from iochan.vnc.testcard import draw_testcard


def record(path: Path, form: PixelFormat, encoding: int) -> Framebuffer:
    """Record a viewer that sees a picture, a change, and another size; return what it saw at last."""
    framebuffer = Framebuffer(100, 80)
    draw_testcard(framebuffer)
    server = VncServer(framebuffer, name="card")
    near, far = socketpair()
    loop = PollLoop()

    def talk() -> Op[Framebuffer]:
        channel, _ = yield from prove_op(near, Credentials())
        taped: Channel = channel.layer("record", path=str(path), strict=True)
        yield from taped.write_all_op(b"\1")
        client = yield from look_op(taped, form, encoding)
        yield from client.screenshot_op()
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


def look_op(taped: Channel, form: PixelFormat, encoding: int) -> Op[VncClient]:
    """Return a client on a channel that has been let in."""
    from iochan.vnc.login import welcome_op

    welcome = yield from welcome_op(taped, codes.SECURITY_NONE)
    return VncClient(welcome, form, (encoding, *PSEUDO))
