"""One direction of a relay: everything that comes from one channel goes to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.feature import Feature, ReadFlag
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.op import Op
from iochan.core.scratch import borrow, give_back
from iochan.relay.splice import can_splice, splice_op

__all__ = ["Traffic", "pump_op"]

_BULK: Final = 65536
"""A read of so many bytes tells of a bulk transfer."""


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

    A *sink* that takes nothing stops the reading: at most one lent buffer is
    held. A *sink* without a half close is left open: whoever runs the other direction ends it.

    Two plain sockets go over to `splice_op` once a read was a large one; a quiet conversation never pays for
    a pipe.
    """
    with ReadGuard(source):
        flags = ReadFlag.LAZY
        while True:
            got, rest = _move(source, sink, flags)
            if isinstance(got, Blocked):
                yield got
                flags = 0
                continue
            if not got:
                break
            flags = ReadFlag.LAZY
            traffic.add(got)
            yield from _rest_op(sink, rest)
            if (
                got >= _BULK
                and can_splice(source, sink)
                # can_splice has told what they are.
                and (yield from splice_op(source, sink, traffic.add))  # type: ignore[arg-type]
            ):
                break
    if Feature.HALF_CLOSE in sink.features:
        yield from sink.write_eof_op()


def _move(source: Channel, sink: Channel, flags: int) -> tuple[int | Blocked, bytes]:
    """Read once and write what goes at once; return what the read gave, and the rest.

    The buffer is only lent, so what is kept over a wait is copied.
    """
    scratch = borrow()
    try:
        got = source.try_readinto(scratch, flags)
        if isinstance(got, Blocked) or not got:
            return got, b""
        put = sink.try_write(scratch[:got])
        if put == got:
            return got, b""
        return got, bytes(scratch[0 if isinstance(put, Blocked) else put : got])
    finally:
        give_back(scratch)


def _rest_op(sink: Channel, rest: bytes) -> Op[None]:
    if rest:
        with WriteGuard(sink):
            yield from sink.write_views_op((memoryview(rest),))
        return
    blocked = sink.try_flush()
    while blocked is not None:
        yield blocked
        blocked = sink.try_flush()
