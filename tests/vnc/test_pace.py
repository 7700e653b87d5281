"""Updates of a viewer that tells by fences what it has seen stay close to the present."""

from __future__ import annotations

import socket
import statistics

import numpy as np
import pytest

from iochan.channels.socket import SocketChannel
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.layers.throttle import ThrottleLayer
from iochan.testing.clock import MovedClock
from iochan.vnc import codes
from iochan.vnc.client import VncClient
from iochan.vnc.damage import CELL, Damage
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.pace import LEAST, MAX_MARKS, START, Pace
from iochan.vnc.rect import Rect
from iochan.vnc.server import VncServer

MEGABIT = 125_000
SIDE, STEP = 320, 0.02
FENCED = (codes.FENCES, codes.CONTINUOUS_UPDATES)


def pair() -> tuple[SocketChannel, SocketChannel]:
    """Return two ends that hold as much between them as a connection on a network does."""
    ends = socket.socketpair()
    for end in ends:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, 1 << 18)
    one, other = (SocketChannel(end) for end in ends)
    return one, other


def paint_op(framebuffer: Framebuffer, until: float) -> Op[None]:
    """Show noise that is another one all the time, in which each row of cells tells when it was painted."""
    random = np.random.default_rng(1)
    while clock.now() < until:
        noise = random.integers(0, 1 << 24, (SIDE, SIDE), np.uint32)
        noise[::CELL, ::CELL] = int(clock.now() * 1000) & 0xFFFFFF
        framebuffer.draw(0, 0, noise)
        yield Blocked(deadline=clock.now() + STEP)


def watch_op(client: VncClient, until: float, ages: list[float]) -> Op[None]:
    """Look at all that comes, and note how old it is."""
    begun = clock.now()
    while clock.now() < until:
        event = yield from client.receive_op()
        now = int(clock.now() * 1000) & 0xFFFFFF
        for area in getattr(event, "areas", ()):
            painted = int(client.framebuffer.pixels[area.y, area.x])
            if clock.now() > begun + 2:
                ages.append((now - painted) / 1000)


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_continuous_updates_over_a_megabit_are_less_than_200_ms_behind() -> None:
    near, far = pair()
    framebuffer = Framebuffer(SIDE, SIDE)
    server = VncServer(framebuffer)
    loop = PollLoop()
    ages: list[float] = []
    until = clock.now() + 5

    def talk() -> Op[None]:
        line = ThrottleLayer(near, read_rate=MEGABIT, burst=4096)
        client = yield from VncClient.connect_op(line, encodings=(codes.ZRLE, *FENCED))
        yield from client.request_op(Rect(0, 0, CELL, CELL), incremental=False)
        yield from client.receive_op()
        yield from client.set_continuous_op(on=True)
        yield from watch_op(client, until, ages)
        near.abort()

    served = Task(loop, server.serve_op(far))
    talking = Task(loop, talk())
    Task(loop, paint_op(framebuffer, until))
    loop.run()
    talking.result()
    served.result()
    ages.sort()
    told = f"median {statistics.median(ages) * 1000:.0f} ms, at most {ages[-1] * 1000:.0f} ms of {len(ages)}"
    assert len(ages) > 20, told
    # Of a busy machine some are late themselves.
    assert ages[len(ages) * 95 // 100] < 0.2, told


def test_the_window_follows_the_line() -> None:
    with MovedClock() as moved:
        pace = Pace(0.06)
        assert (pace.window, pace.room) == (START, START)
        payload = pace.mark()
        moved.advance(0.02)
        pace.answered(payload)
        for _ in range(20):
            pace.sent(pace.room)
            payload = pace.mark()
            assert pace.room == 0
            moved.advance(0.02 + pace.window / MEGABIT)
            pace.answered(payload)
        # A round trip of 20 ms, and 60 ms of waiting: 80 ms of a megabit, and its own time on the line.
        assert 0.05 * MEGABIT < pace.window < 0.25 * MEGABIT
        window = pace.window
        for _ in range(20):
            pace.sent(10)
            payload = pace.mark()
            moved.advance(0.02)
            pace.answered(payload)
        assert pace.window == window  # a little that was typed says nothing of the line
        for _ in range(20):
            pace.sent(pace.room)
            payload = pace.mark()
            moved.advance(60)
            pace.answered(payload)
        assert pace.window == LEAST


def test_answers_that_are_none_change_nothing() -> None:
    with MovedClock() as moved:
        pace = Pace(0.06)
        pace.sent(1000)
        payload = pace.mark()
        moved.advance(0.01)
        for other in (b"", b"iochan", payload[:-1], payload[:-1] + b"\xff", b"x" + payload[1:]):
            pace.answered(other)
        assert pace.room == START - 1000
        pace.answered(payload)
        window = pace.window
        assert pace.room == window
        pace.answered(payload)
        assert (pace.window, pace.room) == (window, window)


def test_a_viewer_that_never_answers_is_sent_a_window_and_no_more() -> None:
    pace = Pace(0.06)
    for _ in range(2 * MAX_MARKS):
        pace.sent(START // MAX_MARKS)
        pace.mark()
    assert pace.room == 0


def test_a_part_of_the_damage_goes_round() -> None:
    damage = Damage(100, 64)
    damage.add(Rect(0, 0, 100, 64))
    seen: list[Rect] = []
    start = (0, 0)
    for _ in range(40):
        part = damage.part(Rect(0, 0, 100, 64), start, 3 * CELL * CELL)
        assert 0 < part.area <= 3 * CELL * CELL
        seen.append(part)
        damage.take(part)
        start = (0, part.bottom) if part.right >= 100 else (part.right, part.y)
        if not damage:
            break
    assert not damage
    assert sum(part.area for part in seen) == 6400
    damage.add(Rect(20, 20, 4, 4))
    assert damage.part(Rect(0, 0, 100, 64), (0, 60), 10_000) == Rect(16, 16, 84, 16)
