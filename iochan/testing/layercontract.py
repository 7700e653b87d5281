"""What every layer that transforms bytes promises beyond `ByteStreamContract`, as tests.

Subclass `LayerContract` in a test module and give it a fixture ``wraps``: two functions that put the
layer on a channel, one for each side. The wire between the two sides is in the test's own hands::

    class TestMyLayer(LayerContract):
        @pytest.fixture
        def wraps(self):
            return MyLayer, MyLayer
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iochan.channels.pair import memory_pair
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.codec import BATCH
from iochan.core.condition import Condition
from iochan.core.errors import TruncatedError, UnsupportedFeature
from iochan.core.feature import Feature, ReadFlag
from iochan.core.op import Op
from iochan.core.stacking import as_channel
from iochan.testing.contract import pattern

__all__ = ["LayerContract", "Wire", "Wraps"]

Wraps = tuple[Callable[[Channel], Channel], Callable[[Channel], Channel]]

_LIMIT = 4096
_PROTECTED = Feature.FD_PASS | Feature.PEEK | Feature.SEEK | Feature.ZERO_COPY


class Wire:
    """Two sides and the wire between them, on which bytes move only when they are told to.

    Attributes:
        left: The layer of one side.
        right: The layer of the other side.
        left_end: The far end of the left side's wire.
        right_end: The far end of the right side's wire.
    """

    def __init__(self, wraps: Wraps) -> None:
        left, self.left_end = memory_pair(_LIMIT)
        right, self.right_end = memory_pair(_LIMIT)
        self.left, self.right = wraps[0](left), wraps[1](right)

    def carry(self) -> bool:
        """Move what lies on the wire, both ways; tell whether there was anything."""
        there, back = take(self.left_end), take(self.right_end)
        if there:
            self.right_end.write_all(there)
        if back:
            self.left_end.write_all(back)
        return bool(there or back)

    def handshake(self, steps: int = 10_000) -> bool:
        """Do at most *steps* steps of both handshakes; tell whether both are complete."""
        waiting: list[Op[None]] = [self.left.handshake_op(), self.right.handshake_op()]
        try:
            for _ in range(steps):
                waiting = [op for op in waiting if next(op, None) is not None]
                self.carry()
                if not waiting:
                    return True
            return False
        finally:
            for op in waiting:
                op.close()

    def abort(self) -> None:
        """Close everything at once."""
        for channel in (self.left, self.right, self.left_end, self.right_end):
            channel.abort()


class LayerContract:
    """The promises of a layer that transforms bytes.

    Attributes:
        goodbye: Whether the protocol has one, so that a cut stream is told from an ended one.
        ping: Wire bytes that the left side has to answer, and the answer; None if there are none.
        incomplete: Where a unit of six bytes is cut so that nothing of it can be read yet.
    """

    goodbye = True
    ping: tuple[bytes, bytes] | None = None
    incomplete: int = -1

    @pytest.fixture
    def wire(self, wraps: Wraps) -> Iterator[Wire]:
        wire = Wire(wraps)
        try:
            assert wire.handshake()
            yield wire
        finally:
            wire.abort()

    def test_owed_bytes_are_not_forgotten_by_a_starving_reader(self, wire: Wire) -> None:
        data = pattern(3 * BATCH)
        accepted = fill(wire.left, data)

        def starve() -> None:
            assert isinstance(wire.left.try_readinto(bytearray(10)), Blocked)

        blocked = wire.left.try_readinto(bytearray(10))
        assert isinstance(blocked, Blocked)
        assert len(blocked.waits) > 1, "it waits for bytes only, and what it owes has to go as well"
        assert arrived(wire, accepted, starve) == data[:accepted]

    def test_nothing_new_is_accepted_before_what_is_owed_has_gone(self, wire: Wire) -> None:
        data = pattern(16 * BATCH)
        accepted = fill(wire.left, data)
        assert accepted <= _LIMIT + BATCH
        for _ in range(10):
            assert isinstance(wire.left.try_write(b"more"), Blocked)
        assert arrived(wire, accepted) == data[:accepted]

    def test_decoded_bytes_are_ready_at_once(self, wire: Wire) -> None:
        wire.left.write_all(b"abcdef")
        wire.carry()
        assert wire.right.read(1) == b"a"
        assert wire.right.ready(Condition.IN) is Condition.IN
        assert wire.right.read(5) == b"bcdef"

    def test_a_part_of_a_unit_is_not_ready(self, wire: Wire) -> None:
        wire.left.write_all(b"abcdef")
        unit = take(wire.left_end)
        wire.right_end.write_all(unit[: self.incomplete])
        assert isinstance(wire.right.try_readinto(bytearray(10)), Blocked)
        assert isinstance(wire.right.ready(Condition.IN), Blocked)
        wire.right_end.write_all(unit[self.incomplete :])
        assert wire.right.ready(Condition.IN) is Condition.IN
        assert wire.right.read(10) == b"abcdef"

    def test_a_reader_sends_the_answer_that_it_owes(self, wire: Wire) -> None:
        if self.ping is None:
            pytest.skip("this protocol answers nothing by itself")
        wire.left_end.write_all(self.ping[0])
        assert isinstance(wire.left.try_readinto(bytearray(10)), Blocked)
        assert take(wire.left_end) == self.ping[1]

    def test_a_close_in_any_state_of_the_handshake_leaks_nothing(self, wraps: Wraps) -> None:
        before = len(list(Path("/dev/fd").iterdir()))
        for steps in range(100):
            wire = Wire(wraps)
            complete = wire.handshake(steps)
            wire.abort()
            assert all(each.closed and each.lower is not None and each.lower.closed for each in sides(wire))
            if complete:
                break
        else:
            pytest.fail("the handshake takes more than 100 steps")
        assert len(list(Path("/dev/fd").iterdir())) == before

    def test_a_cut_stream_is_no_end(self, wire: Wire) -> None:
        if not self.goodbye:
            pytest.skip("this protocol has no goodbye")
        wire.right_end.write_eof()
        with pytest.raises(TruncatedError):
            wire.right.read(1)

    def test_a_cut_stream_is_an_end_for_who_asks(self, wire: Wire) -> None:
        wire.right_end.write_eof()
        assert wire.right.try_readinto(bytearray(1), ReadFlag.RELAXED_EOF) == 0

    def test_no_ability_of_the_channel_below_is_handed_up(self, wraps: Wraps) -> None:
        one, other = socket.socketpair()
        with other:
            layer = wraps[0](as_channel(one))
            try:
                assert not layer.features & _PROTECTED
                with pytest.raises(UnsupportedFeature):
                    layer.writev([b"x"], fds=[other.fileno()])
            finally:
                layer.abort()


def sides(wire: Wire) -> tuple[Channel, Channel]:
    """Return the layers of both sides."""
    return wire.left, wire.right


def take(channel: Channel) -> bytes:
    """Return what can be read of *channel* now."""
    got, room = bytearray(), bytearray(_LIMIT)
    while not isinstance(size := channel.try_readinto(room), Blocked) and size:
        got += room[:size]
    return bytes(got)


def fill(channel: Channel, data: bytes) -> int:
    """Write *data* until nothing more is accepted, and return how much was."""
    accepted = 0
    while accepted < len(data) and not isinstance(put := channel.try_write(data[accepted:]), Blocked):
        accepted += put
    return accepted


def arrived(wire: Wire, size: int, push: Callable[[], object] | None = None) -> bytes:
    """Carry the wire until *size* bytes have come out of the right side, and return them.

    What the left side owes is pushed by *push*, or flushed.
    """
    push = push or wire.left.try_flush
    got = bytearray()
    for _ in range(10_000):
        if len(got) >= size:
            break
        push()
        wire.carry()
        got += take(wire.right)
    return bytes(got)
