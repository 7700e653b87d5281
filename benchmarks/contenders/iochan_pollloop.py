"""iochan's channels watched on its own loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks.contenders.base import Contender
from benchmarks.contenders.iochan_stack import check_suite, stack
from iochan.core.condition import Condition
from iochan.core.pollloop import PollLoop
from iochan.core.watch import add_watch

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from benchmarks.job import Job
    from iochan.core.channel import Channel

    Callback = Callable[[Channel, Condition], bool]


class IochanPollLoop(Contender):
    """A watch for input, whose callback reads and writes: the messages of a ping-pong always fit."""

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        with stack(sock, job) as channel:
            channel.handshake()
            check_suite(channel)
            channel.blocking = False
            loop = PollLoop()
            add_watch(loop, channel, Condition.IN, getattr(self, role)(channel, job))
            loop.run()

    def echo(self, channel: Channel, job: Job) -> Callback:
        """Send back what comes until the end of the stream."""
        readinto, write_all, view = channel.readinto, channel.write_all, job.buffer

        def answer(_channel: Channel, _condition: Condition) -> bool:
            count = readinto(view)
            if not count:
                return False
            write_all(view[:count])
            return True

        return answer

    def ping(self, channel: Channel, job: Job) -> Callback:
        """Send a message once the answer to the last one is whole."""
        readinto, write_all, view = channel.readinto, channel.write_all, job.buffer
        message, size, laps = job.message, job.size, job.clock.laps()
        got = 0
        write_all(message)

        def ask(_channel: Channel, _condition: Condition) -> bool:
            nonlocal got
            got += readinto(view)
            if got < size:
                return True
            got = 0
            for _ in laps:
                write_all(message)
                return True
            return False

        return ask
