"""What every stack does over a channel that clogs, is cut or breaks: nothing hangs, leaks or is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import IochanError, TruncatedError, UnexpectedEOF
from iochan.core.op import Op
from iochan.layers.fault import BreakLayer, ClogLayer, TruncateLayer
from iochan.testing.contract import collect_op, drain_op, pattern
from iochan.testing.drivers import DRIVERS
from tests.contract.bases import BASES, Creds, Pair, stacks
from tests.contract.cells import BROKEN_CELLS, PLAIN, Cell
from tests.descriptors import no_descriptor_is_left

L = TypeVar("L", bound=Channel)

_DATA = pattern(50_000)
_CUT = 10
# Both sides write it before they read: it has to fit into a terminal.
_TALK = _DATA[:3000]

each_cell = pytest.mark.parametrize("cell", BROKEN_CELLS, ids="-".join)


@contextmanager
def stacked(cell: Cell, creds: Creds, fault: Callable[[Channel], L]) -> Iterator[tuple[Pair, L]]:
    """Make the pair of *cell*, with *fault* at the bottom of its right side."""
    wrap = stacks(creds)[cell.stack]
    one, other = BASES[cell.base]()
    faulty = fault(other)
    left, right = wrap(one, True), wrap(faulty, False)
    try:
        yield (left, right), faulty
    finally:
        left.abort()
        right.abort()


@each_cell
def test_a_clogged_writer_waits_and_loses_nothing(cell: Cell, creds: Creds) -> None:
    with no_descriptor_is_left(), stacked(cell, creds, ClogLayer) as ((left, right), clog):
        sent = False

        def send_op() -> Op[None]:
            nonlocal sent
            yield from right.handshake_op()
            yield from right.write_all_op(_DATA)
            sent = True

        def receive_op() -> Op[bytes]:
            yield from left.handshake_op()
            return (yield from collect_op(left, len(_DATA), 3))

        def release_op() -> Op[bool]:
            yield Blocked(deadline=clock.now() + 0.003)
            before = sent
            clog.release()
            return before

        _, got, early = DRIVERS[cell.driver](send_op(), receive_op(), release_op())
    assert got == _DATA
    assert early is False


@each_cell
def test_a_cut_stream_is_never_taken_for_a_whole_one(cell: Cell, creds: Creds) -> None:
    def truncate(lower: Channel) -> TruncateLayer:
        return TruncateLayer(lower, 1 << 30)

    with no_descriptor_is_left(), stacked(cell, creds, truncate) as ((left, right), cut):
        drive = DRIVERS[cell.driver]
        drive(left.handshake_op(), right.handshake_op())
        cut.read_left = _CUT
        if cell.stack in PLAIN:
            _, got = drive(left.write_all_op(_DATA[:1000]), drain_op(right))
            # Of telnet's bytes some are its own.
            assert 0 < len(got) <= _CUT
            assert _DATA.startswith(got)
            with pytest.raises(UnexpectedEOF):
                drive(right.read_exactly_op(1))
        else:
            for _ in range(2):
                with pytest.raises(TruncatedError):
                    drive(left.write_op(_DATA[:100]), drain_op(right))


@pytest.mark.parametrize("after", [7, 2000])
@pytest.mark.parametrize("direction", ["read", "write"])
@each_cell
def test_a_break_is_told_hangs_nobody_and_leaks_nothing(
    cell: Cell, direction: str, after: int, creds: Creds
) -> None:
    def break_after(lower: Channel) -> BreakLayer:
        return BreakLayer(lower, **{direction: after})

    def talk_op(channel: Channel) -> Op[bytes | str]:
        """Send and receive all; on an error leave, as a ``with`` block does, and say what it was."""
        try:
            yield from channel.handshake_op()
            yield from channel.write_all_op(_TALK)
            return (yield from collect_op(channel, len(_TALK), 1))
        except IochanError as error:
            channel.abort()
            return f"{type(error).__name__}: {error}"

    with no_descriptor_is_left(), stacked(cell, creds, break_after) as ((left, right), _):
        near, far = DRIVERS[cell.driver](talk_op(left), talk_op(right))
    assert isinstance(far, str)
    assert far.startswith("ChannelBrokenError: break of ")
    # What the right side had sent before it broke may be all.
    assert isinstance(near, str) or near == _TALK
