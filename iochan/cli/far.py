"""The far end of a measurement: a process of its own that does what the near end asks.

``python -m iochan.cli.far ADDRESS …`` listens, prints where, and serves one connection;
with ``stdio:`` at the bottom of ADDRESS it serves its standard input and output.
"""

from __future__ import annotations

import struct
import sys

from iochan.channels.pipe import PipeChannel
from iochan.cli.options import make_store
from iochan.core.channel import Channel
from iochan.core.op import Op, run
from iochan.core.opening import listen

__all__ = ["ECHO", "MESSAGE", "REQUEST", "RETURN", "SINK", "far_op"]

REQUEST = struct.Struct(">cQ")
"""What to do, and how much of it."""

SINK, ECHO, RETURN = b"S", b"E", b"R"
"""Swallow so many bytes and answer one; return so many messages one by one; return all at the end."""

MESSAGE = 64
"""Bytes of one message."""

_PIECE = 1 << 20
_RETURNED_MOST = 16 << 20


def far_op(channel: Channel) -> Op[None]:
    """Serve requests until *channel* ends."""
    head = bytearray(REQUEST.size)
    piece = bytearray(_PIECE)
    while (yield from channel.readv_all_eof_op([head])):
        what, count = REQUEST.unpack(head)
        if what == SINK:
            while count:
                count -= yield from channel.readinto_op(memoryview(piece)[: min(count, _PIECE)])
            yield from channel.write_all_op(b"k")
        elif what == ECHO:
            message = memoryview(piece)[:MESSAGE]
            for _ in range(count):
                yield from channel.readv_all_op([message])
                yield from channel.write_all_op(message)
        elif what == RETURN and count <= _RETURNED_MOST:
            data = yield from channel.read_exactly_op(count)
            yield from channel.write_all_op(data)
        else:
            return


def main(arguments: list[str]) -> None:
    """Serve one connection at the address of *arguments*, or on the pipes whose numbers it names."""
    where, *rest = arguments
    if where == "--pipe":
        channel: Channel = PipeChannel(int(rest[0]), int(rest[1]))
    else:
        listener = listen(where, objects=make_store(rest))
        if not listener.single:
            print(listener.addresses[0], flush=True)
        channel = listener.accept()
        listener.close()
        channel.handshake()
    with channel:
        run(far_op(channel))


if __name__ == "__main__":
    main(sys.argv[1:])
