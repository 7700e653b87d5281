"""What a stack waits for, asked without waiting."""

from __future__ import annotations

from iochan import ChannelTimeout, Condition, Watch, within
from iochan.channels.unix import socketpair

channel, silent = socketpair()
with channel, silent:
    watch = Watch(channel, Condition.IN)
    print("ready now:", watch.ready_now, "- waits for:", watch.condition, "deadline:", watch.deadline)

    op = channel.read_exactly_op(4)
    print(next(op).waits[0][1], "is what the operation waits for")
    op.close()

    channel.timeout = 0.05
    try:
        channel.read()
    except ChannelTimeout as error:
        print(str(error).partition(":")[0])
    try:
        next(within(channel.handshake_op(), 0, "the handshake"))
    except StopIteration:
        print("no layer of this stack has a handshake to do")
