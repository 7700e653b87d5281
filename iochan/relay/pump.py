"""One direction of a relay: everything that comes from one channel goes to another."""

from __future__ import annotations

from collections.abc import Callable

from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import UnsupportedFeature
from iochan.core.feature import ReadFlag
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.op import Op
from iochan.core.scratch import borrow, give_back

__all__ = ["Traffic", "pump_op"]


class Traffic:
    """How many bytes went one way.

    Args:
        note: Called with each count as it is added, for a total over many connections.
    """

    __slots__ = ("_note", "count")

    def __init__(self, note: Callable[[int], None] | None = None) -> None:
        self.count = 0
        self._note = note

    def add(self, size: int) -> None:
        """Count *size* more bytes."""
        self.count += size
        if self._note is not None:
            self._note(size)


def pump_op(source: Channel, sink: Channel, traffic: Traffic) -> Op[None]:
    """Write to *sink* all that *source* gives, then end *sink*'s writing direction.

    A *sink* that takes nothing stops the reading: at most one buffer of `SCRATCH_SIZE` bytes is
    held. A *sink* without a half close is left open: whoever runs the other direction ends it.
    """
    with ReadGuard(source):
        lazy = ReadFlag.LAZY
        while True:
            blocked: Blocked | None = None
            rest = b""
            scratch = borrow()
            try:
                got = source.try_readinto(scratch, lazy)
                if isinstance(got, Blocked):
                    blocked = got
                    lazy = 0
                elif got:
                    lazy = ReadFlag.LAZY
                    rest = _first_write(sink, scratch[:got])
                    traffic.add(got)
                else:
                    break
            finally:
                give_back(scratch)
            if blocked is not None:
                yield blocked
            else:
                yield from _rest_op(sink, rest)
    try:
        yield from sink.write_eof_op()
    except UnsupportedFeature:
        return


def _first_write(sink: Channel, data: memoryview) -> bytes:
    """Write what goes at once; return the rest, since *data* is only lent."""
    put = sink.try_write(data)
    if isinstance(put, Blocked):
        put = 0
    return bytes(data[put:]) if put < len(data) else b""


def _rest_op(sink: Channel, rest: bytes) -> Op[None]:
    if rest:
        with WriteGuard(sink):
            yield from sink.write_views_op((memoryview(rest),))
        return
    blocked = sink.try_flush()
    while blocked is not None:
        yield blocked
        blocked = sink.try_flush()
