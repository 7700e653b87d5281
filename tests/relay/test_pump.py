from __future__ import annotations

import pytest

from iochan.channels.buffer import BufferChannel
from iochan.channels.unix import socketpair
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelBrokenError
from iochan.core.op import Op, run
from iochan.core.scratch import SCRATCH_SIZE
from iochan.relay import Traffic, pump_op
from iochan.testing.contract import drain_op, pattern
from iochan.testing.drivers import DRIVERS, Driver


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
def drive(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.param
    return driver


def test_everything_arrives_then_the_end(drive: Driver) -> None:
    data = pattern(700_000)
    (source, near), (far, sink) = socketpair(), socketpair()
    with source, near, far, sink:
        traffic = Traffic()

        def feed_op() -> Op[None]:
            yield from source.write_all_op(data)
            yield from source.write_eof_op()

        _, _, got = drive(feed_op(), pump_op(near, far, traffic), drain_op(sink))
        assert got == data
        assert traffic.count == len(data)


def test_a_sink_that_takes_nothing_stops_the_reading() -> None:
    (source, near), (far, sink) = socketpair(), socketpair()
    with source, near, far, sink:
        op = pump_op(near, far, Traffic())
        source.blocking = False
        sent = 0
        try:
            while True:
                sent += source.write(bytes(65536))
                assert isinstance(next(op), Blocked)
        except BlockingIOError:
            op.close()
        assert sent < 4 * SCRATCH_SIZE + (8 << 20)


def test_a_sink_without_a_half_close_is_left_open() -> None:
    sink = BufferChannel()
    source, near = socketpair()
    with near, sink:
        source.write_all(b"all of it")
        source.close()
        run(pump_op(near, sink, Traffic()))
        sink.seek(0)
        assert sink.read() == b"all of it"


def test_a_broken_sink_is_an_error() -> None:
    (source, near), (far, sink) = socketpair(), socketpair()
    with source, near, far:
        sink.abort()
        source.write_all(b"x")
        with pytest.raises(ChannelBrokenError):
            run(pump_op(near, far, Traffic()))
