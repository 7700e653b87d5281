"""Many clients in one thread: operations as tasks of a loop, and a callback for each piece that comes."""

from __future__ import annotations

import iochan
from iochan import Condition, Op, PollLoop, Task


def answer_op(listener: iochan.Listener) -> Op[None]:
    """Take one client, and send back in capitals all that it sends."""
    channel = yield from listener.accept_op()
    with channel:
        while data := (yield from channel.read_op()):
            yield from channel.write_all_op(data.upper())


def show(channel: iochan.Channel, _condition: Condition) -> bool:
    """Print what has come; False at the end of the stream ends the watch."""
    data = channel.read()
    print(data)
    return bool(data)


loop = PollLoop()
with (
    iochan.listen("tcp://127.0.0.1:0") as listener,
    iochan.connect(listener.addresses[0]) as channel,
):
    channel.blocking = False
    iochan.add_watch(loop, channel, Condition.IN, show)
    Task(loop, answer_op(listener))
    channel.write_all(b"hello")
    Task(loop, channel.write_eof_op())
    loop.run()
