from __future__ import annotations

import pytest

from iochan.channels.null import NullChannel
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import ChannelClosedError
from iochan.core.op import Op
from tests.drivers import RunOp, each_driver


@each_driver
def test_it_is_empty_and_swallows_everything_under_every_driver(run_op: RunOp) -> None:
    channel = NullChannel()

    def op() -> Op[bytes]:
        yield from channel.writev_all_op([b"abc", b"defg"])
        return (yield from channel.read_op())

    assert run_op(op()) == b""
    assert channel.swallowed == 7
    channel.close()


def test_it_is_always_ready_and_has_no_descriptor() -> None:
    with NullChannel() as channel:
        assert channel.ready(Condition.IN | Condition.OUT) == Condition.IN | Condition.OUT
        assert channel.fileno() == -1


def test_it_can_be_shut_down_and_half_closed_and_closed_for_good() -> None:
    channel = NullChannel()
    channel.write_eof()
    channel.shutdown(Shutdown.BOTH)
    channel.close()
    with pytest.raises(ChannelClosedError):
        channel.write(b"x")
