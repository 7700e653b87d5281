"""Playing an asciicast: as it was, quicker, or step by step."""

from __future__ import annotations

from collections.abc import Iterable

from iochan.chardev.castfile import CastEvent
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.op import Op

__all__ = ["replay_op", "step_op"]


def replay_op(
    events: Iterable[CastEvent], sink: Channel, *, speed: float = 1.0, idle: float | None = None
) -> Op[int]:
    """Write the output of *events* to *sink*, each at its time, and return how many bytes it was.

    Args:
        events: A `CastFile`, or anything like it.
        sink: Where to.
        speed: How many times as fast; 0 does not wait at all.
        idle: Seconds that a pause takes at most; None for as long as it was.
    """
    due = clock.now()
    before, count = 0.0, 0
    for event in events:
        if event.code != "o":
            continue
        pause = max(0.0, event.seconds - before)
        before = event.seconds
        if speed:
            due += (pause if idle is None else min(pause, idle)) / speed
            while clock.now() < due:
                yield Blocked(deadline=due)
        yield from sink.write_all_op(event.data)
        count += len(event.data)
    return count


def step_op(events: Iterable[CastEvent], sink: Channel, keys: Channel) -> Op[int]:
    """Write the output of *events* to *sink*, one event for each byte of *keys*; return the bytes it was.

    The end of *keys*, and ``q``, end it early.
    """
    count = 0
    for event in events:
        if event.code != "o":
            continue
        if (yield from keys.read_op(1)) in (b"", b"q", b"\x03"):
            break
        yield from sink.write_all_op(event.data)
        count += len(event.data)
    return count
