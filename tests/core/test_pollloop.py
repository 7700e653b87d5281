from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.core.watch import add_watch

Ends = tuple[SocketChannel, SocketChannel]


@pytest.fixture
def ends() -> Iterator[Ends]:
    near, far = map(SocketChannel, socket.socketpair())
    yield near, far
    near.abort()
    far.abort()


@pytest.fixture
def loop() -> PollLoop:
    return PollLoop()


def until(blocked: Blocked) -> Op[str]:
    yield blocked
    return "woken"


def test_all_who_wait_for_one_descriptor_are_woken(loop: PollLoop, ends: Ends) -> None:
    tasks = [Task(loop, until(ends[0].blocked_in)) for _ in range(3)]
    tasks.append(Task(loop, until(ends[0].blocked_out)))
    ends[1].write_all(b"x")
    loop.run()
    assert [task.result() for task in tasks] == ["woken"] * 4


def test_it_ends_when_nobody_waits(loop: PollLoop) -> None:
    before = clock.now()
    loop.run()
    loop.turn(0)
    assert clock.now() - before < 1


def test_a_turn_waits_no_longer_than_it_is_told(loop: PollLoop, ends: Ends) -> None:
    Task(loop, until(ends[0].blocked_in))
    loop.turn()
    before = clock.now()
    loop.turn(0.002)
    assert clock.now() - before >= 0.002


def test_a_deadline_wakes_once_and_lets_the_loop_end(loop: PollLoop, ends: Ends) -> None:
    deadline = clock.now() + 0.002
    task = Task(loop, until(ends[0].blocked_in.by(deadline)))
    loop.run()
    assert clock.now() >= deadline
    assert task.result() == "woken"


def test_timers_of_waits_that_are_over_do_not_pile_up(loop: PollLoop, ends: Ends) -> None:
    def busy() -> Op[None]:
        for _ in range(300):
            ends[1].write_all(b"x")
            yield ends[0].blocked_in.by(clock.now() + 1000)
            ends[0].read()

    task = Task(loop, busy())
    while not task.finished:
        loop.turn()
        assert len(loop._timers) <= 65


def test_whichever_of_several_comes_first_wakes_once(loop: PollLoop, ends: Ends) -> None:
    both = ends[0].blocked_in | ends[1].blocked_in
    steps = []

    def op() -> Op[None]:
        yield both
        steps.append(1)
        yield Blocked((), clock.now() + 0.001)

    Task(loop, op())
    ends[0].write_all(b"x")
    ends[1].write_all(b"x")
    loop.run()
    assert steps == [1]


def test_a_hang_up_that_nobody_waits_for_does_not_spin(loop: PollLoop, ends: Ends) -> None:
    task = Task(loop, until(ends[0].blocked_in))
    loop.turn()
    task.cancel()
    ends[1].close()
    keeps_running = Task(loop, until(Blocked((), clock.now() + 0.02)))
    turns = 0
    while not keeps_running.finished:
        loop.turn()
        turns += 1
    assert turns < 6


def test_forgetting_leaves_nobody_waiting(loop: PollLoop, ends: Ends) -> None:
    called: list[object] = []
    Task(loop, until(ends[0].blocked_in), called.append).cancel()
    waiting = Task(loop, until(ends[0].blocked_in | ends[1].blocked_in), called.append)
    loop.turn(0)
    loop.forget(waiting)
    ends[1].write_all(b"x")
    loop.run()
    assert len(called) == 1


def test_a_close_wakes_those_who_wait(loop: PollLoop, ends: Ends) -> None:
    simple, waiting = Task(loop, ends[0].read_op()), Task(loop, until(ends[0].blocked_in))
    many = Task(loop, until(ends[0].blocked_out.by(clock.now() + 9) | ends[0].blocked_in))
    loop.turn(0)
    ends[0].abort()
    loop.run()
    with pytest.raises(ChannelClosedError):
        simple.result()
    assert (waiting.result(), many.result()) == ("woken", "woken")


def test_an_operation_that_waits_for_a_closed_descriptor_again_fails(loop: PollLoop, ends: Ends) -> None:
    def stubborn() -> Op[None]:
        while True:
            yield ends[0].blocked_in

    task = Task(loop, stubborn())
    loop.turn(0)
    ends[0].abort()
    loop.run()
    with pytest.raises(ChannelClosedError, match="was closed while an operation waited"):
        task.result()


def test_a_number_that_comes_back_is_somebody_else(loop: PollLoop, ends: Ends) -> None:
    number = ends[0].fileno()
    Task(loop, until(ends[0].blocked_in))
    loop.turn(0)
    ends[0].abort()
    left, right = map(SocketChannel, socket.socketpair())
    assert number in (left.fileno(), right.fileno())
    task = Task(loop, left.read_op())
    loop.turn(0)
    right.write_all(b"new")
    loop.run()
    assert task.result() == b"new"
    left.close()
    right.close()


def test_beyond_sixteen_descriptors_it_goes_on_with_epoll(loop: PollLoop) -> None:
    pairs = [tuple(map(SocketChannel, socket.socketpair())) for _ in range(20)]
    tasks = [Task(loop, near.read_op()) for near, _ in pairs]
    naps = [Task(loop, until(Blocked((), clock.now() + 0.002)))]
    loop.turn(0)
    assert not loop._millis
    for index, (_, far) in enumerate(pairs):
        far.write_all(bytes([index]))
    loop.run()
    assert [task.result() for task in tasks] == [bytes([index]) for index in range(20)]
    assert naps[0].result() == "woken"
    for pair in pairs:
        for channel in pair:
            channel.close()
    loop._poll.close()  # type: ignore[union-attr] # asserted above


def test_stop_ends_a_run_that_could_go_on(loop: PollLoop, ends: Ends) -> None:
    def stop(channel: Channel, _: Condition) -> bool:
        channel.read()
        loop.stop()
        return True

    add_watch(loop, ends[0], Condition.IN, stop)
    for _ in range(2):
        ends[1].write_all(b"x")
        loop.run()
    ends[0].blocking = False
    with pytest.raises(BlockingIOError):
        ends[0].read()


def test_one_that_raises_keeps_nobody_else_from_its_turn(loop: PollLoop, ends: Ends) -> None:
    def interrupt() -> Op[None]:
        yield from ()
        raise KeyboardInterrupt

    first, second = Task(loop, interrupt()), Task(loop, until(ends[0].blocked_out))
    with pytest.raises(KeyboardInterrupt):
        loop.run()
    loop.run()
    assert second.result() == "woken"
    with pytest.raises(KeyboardInterrupt):
        first.result()
