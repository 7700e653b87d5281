from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from iochan.channels.socket import SocketChannel
from iochan.core.errors import ChannelError
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task

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


def test_a_task_tells_its_end_once(loop: PollLoop, ends: Ends) -> None:
    ended: list[object] = []
    task = Task(loop, ends[0].read_op(), ended.append)
    with pytest.raises(RuntimeError, match="has not ended yet"):
        task.result()
    assert ended == []
    ends[1].write_all(b"x")
    loop.run()
    task.cancel()
    assert task.wake() is False
    assert ended == [task]
    assert task.result() == b"x"


def test_a_task_may_be_cancelled_by_its_own_step(loop: PollLoop, ends: Ends) -> None:
    ended: list[object] = []

    def op() -> Op[None]:
        task.cancel()
        yield ends[0].blocked_in

    task = Task(loop, op(), ended.append)
    loop.run()
    assert ended == [task]
    with pytest.raises(ChannelError, match="the task was cancelled"):
        task.result()
