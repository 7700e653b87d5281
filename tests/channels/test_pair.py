from __future__ import annotations

import threading

import pytest

from iochan.channels.pair import MemoryChannel, memory_pair
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import ChannelBrokenError, ChannelClosedError, ChannelTimeout, WouldBlock
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from tests.descriptors import no_descriptor_is_left
from tests.drivers import RunOp, each_driver

MUCH = bytes(range(256)) * 1000


@each_driver
def test_threads_pass_more_than_it_holds_under_every_driver(run_op: RunOp) -> None:
    with no_descriptor_is_left():
        left, right = memory_pair(limit=1000)
        with left, right:
            got = bytearray(len(MUCH))
            thread = threading.Thread(target=right.write_all, args=(MUCH,))
            thread.start()
            run_op(left.readv_all_op([got]))
            thread.join()
            assert got == MUCH
            thread = threading.Thread(target=right.readv_all, args=([got],))
            thread.start()
            run_op(left.write_all_op(MUCH))
            thread.join()
            assert got == MUCH


def test_two_tasks_of_one_loop_pass_more_than_it_holds() -> None:
    left, right = memory_pair(limit=7)
    loop = PollLoop()

    def echo() -> Op[None]:
        while data := (yield from right.read_op()):
            yield from right.write_all_op(data)

    def talk() -> Op[bytes]:
        got = b""
        for _ in range(100):
            yield from left.write_all_op(b"0123456")
            got += yield from left.read_exactly_op(7)
        left.do_shutdown(Shutdown.WRITE)
        return got

    with left, right:
        Task(loop, echo())
        task = Task(loop, talk())
        loop.run()
        assert task.result() == b"0123456" * 100


def test_it_has_no_descriptor_before_somebody_waits() -> None:
    with no_descriptor_is_left():
        left, right = memory_pair()
        left.writev_all([b"ab", b"cd"])
        rooms = [bytearray(1), bytearray(2)]
        assert right.readv(rooms) == 3
        assert rooms == [b"a", b"bc"]
        assert right.read() == b"d"
        left.write_eof()
        assert right.read() == b""


def test_nothing_more_than_its_limit_is_accepted() -> None:
    left, right = memory_pair(limit=10)
    with left, right:
        left.blocking = False
        assert left.writev([b"0123456", b"789abc"]) == 10
        with pytest.raises(WouldBlock):
            left.write(b"x")
        right.read(1)
        assert left.write(b"xyz") == 1
    with pytest.raises(ValueError, match="nothing could ever pass"):
        memory_pair(0)


def test_a_half_close_leaves_the_other_direction_open() -> None:
    left, right = memory_pair()
    with left, right:
        left.write_all(b"last")
        left.write_eof()
        assert [right.read(), right.read(), right.read()] == [b"last", b"", b""]
        right.write_all(b"still")
        assert left.read() == b"still"
        with pytest.raises(ChannelClosedError, match="has ended its writing direction"):
            left.write(b"x")


def test_the_other_end_of_an_aborted_one_reads_the_rest_and_cannot_write() -> None:
    left, right = memory_pair()
    left.write_all(b"rest")
    left.abort()
    with right:
        with pytest.raises(ChannelBrokenError, match="its other end reads no more"):
            right.write(b"x")
        assert [right.read(), right.read()] == [b"rest", b""]


@pytest.mark.parametrize("how", [Shutdown.READ, Shutdown.WRITE, Shutdown.BOTH])
@pytest.mark.parametrize("side", ["own", "other"])
def test_a_shutdown_from_another_thread_wakes_a_reader(how: Shutdown, side: str) -> None:
    left, right = memory_pair()
    with left, right:
        if (how, side) in {(Shutdown.READ, "other"), (Shutdown.WRITE, "own")}:
            left.timeout = 0.01
            (right if side == "other" else left).shutdown(how)
            with pytest.raises(ChannelTimeout):
                left.read()
            return
        waiting = threading.Event()
        result: list[bytes] = []

        def read() -> None:
            waiting.set()
            result.append(left.read())

        thread = threading.Thread(target=read)
        thread.start()
        waiting.wait()
        (right if side == "other" else left).shutdown(how)
        thread.join()
        assert result == [b""]


def test_a_close_of_the_reader_wakes_a_writer_that_waits() -> None:
    left, right = memory_pair(limit=1)
    error: list[BaseException] = []
    waiting = threading.Event()

    def write() -> None:
        waiting.set()
        try:
            left.write_all(b"much more than one")
        except ChannelBrokenError as caught:
            error.append(caught)

    thread = threading.Thread(target=write)
    thread.start()
    waiting.wait()
    right.close()
    thread.join()
    left.close()
    assert len(error) == 1


def waits(channel: MemoryChannel, condition: Condition) -> bool:
    return isinstance(channel.ready(condition), Blocked)


def test_ready_knows_what_holds() -> None:
    left, right = memory_pair(limit=2)
    both = Condition.IN | Condition.OUT
    with left, right:
        assert waits(left, Condition.IN)
        assert waits(left, Condition.HUP)
        assert left.ready(Condition.OUT) is Condition.OUT
        assert left.ready(both) is Condition.OUT
        left.write_all(b"ab")
        assert waits(left, both)
        assert right.ready(both) == both
        right.abort()
        assert left.ready(both) == both
        assert left.ready(Condition.HUP) is Condition.HUP
