r"""A peer that follows a script: what it sends, and what it must be sent, step by step.

::

    near, far = memory_pair()
    drive(my_protocol_op(near), play_op(far, Send(b"220 ready\r\n"), Expect(b"EHLO me\r\n"), End()))

It plays over any channel and under any driver, so that one test shows a protocol over memory, over a
socket with faults and over TLS.
"""

from __future__ import annotations

from dataclasses import dataclass

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import show_bytes
from iochan.core.op import Op

__all__ = ["Break", "End", "Expect", "ExpectEnd", "Pause", "Send", "Step", "play_op"]


@dataclass(frozen=True, slots=True)
class Send:
    """Write *data*; with *pieces*, so many bytes at a time, each sent before the next is written."""

    data: bytes
    pieces: int | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """Read as many bytes as *data* has; they must be these."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so many *seconds*."""

    seconds: float


@dataclass(frozen=True, slots=True)
class End:
    """End the writing direction."""


@dataclass(frozen=True, slots=True)
class ExpectEnd:
    """Read the end of the stream; a byte before it is a mismatch."""


@dataclass(frozen=True, slots=True)
class Break:
    """Close without a goodbye. Nothing can follow."""


Step = Send | Expect | Pause | End | ExpectEnd | Break


def play_op(channel: Channel, *steps: Step) -> Op[None]:
    """Do *steps* on *channel*, in order, and leave it open at the end.

    Raises:
        AssertionError: The other side sent something else, more, or ended too early; the message names
            the step (counted from 1), the offset within it, what came and what was wanted.
    """
    for number, step in enumerate(steps, 1):
        match step:
            case Send():
                yield from _send_op(channel, step)
            case Expect(data):
                yield from _expect_op(channel, number, data)
            case ExpectEnd():
                yield from _expect_end_op(channel, number)
            case Pause(seconds):
                yield from _pause_op(seconds)
            case End():
                yield from channel.write_eof_op()
            case Break():
                channel.abort()


def _send_op(channel: Channel, step: Send) -> Op[None]:
    size = step.pieces or len(step.data) or 1
    for start in range(0, len(step.data), size):
        yield from channel.write_all_op(step.data[start : start + size])


def _expect_end_op(channel: Channel, number: int) -> Op[None]:
    more = yield from channel.read_op()
    if more:
        message = f"step {number} of the script: {show_bytes(more)} came where the stream should end"
        raise AssertionError(message)


def _expect_op(channel: Channel, number: int, wanted: bytes) -> Op[None]:
    done = 0
    while done < len(wanted):
        came = yield from channel.read_op(len(wanted) - done)
        rest = wanted[done : done + len(came)]
        if not came or came != rest:
            agreed = next(
                (at for at, pair in enumerate(zip(came, rest, strict=True)) if pair[0] != pair[1]), 0
            )
            what = show_bytes(came[agreed:]) if came else "the end of the stream"
            message = (
                f"step {number} of the script, offset {done + agreed}: {what} came, "
                f"{show_bytes(wanted[done + agreed :])} was wanted"
            )
            raise AssertionError(message)
        done += len(came)


def _pause_op(seconds: float) -> Op[None]:
    until = clock.now() + seconds
    while clock.now() < until:
        yield Blocked(deadline=until)
