"""From socket to socket inside the kernel: what a bulk transfer between two plain TCP ends costs least.

The bytes go through a pipe by ``splice(2)`` and never enter this process. The call has no flag that keeps
it from sleeping on a socket, so the descriptors themselves are set not to block: only those that nobody
else can hold (`SocketChannel.exclusive`) will do.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from typing import Final

from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.guard import WriteGuard
from iochan.core.op import Op

__all__ = ["PIPE_SIZE", "can_splice", "splice_op"]

PIPE_SIZE: Final = 262144
"""How many bytes the pipe asks to hold; the kernel may grant a user with many pipes less."""

_LEAST: Final = 65536
"""A pipe that holds less costs more calls than copying does."""


def can_splice(source: Channel, sink: Channel) -> bool:
    """Tell whether `splice_op` works between the two: bare TCP sockets that are nobody else's.

    Unix sockets are left out: descriptors that come with the bytes would be lost.
    """
    return (
        hasattr(os, "splice")
        and type(source) is SocketChannel
        and type(sink) is SocketChannel
        and source.exclusive
        and sink.exclusive
    )


def splice_op(source: SocketChannel, sink: SocketChannel, note: Callable[[int], None]) -> Op[bool]:
    """Move all that *source* gives to *sink*, for who is *source*'s reader already.

    Args:
        source: Read to its end.
        sink: Written to; its writing direction stays open.
        note: Called with each count of bytes that *sink* has taken.

    Returns:
        False if there is no pipe to be had that is worth it: nothing was moved then. A cancelled one may have
        taken up to `PIPE_SIZE` bytes that never arrive: both channels are good for an abort only.
    """
    try:
        tail, head = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        if not _enlarge(head):
            return False
        source.sock.setblocking(False)
        sink.sock.setblocking(False)
        with WriteGuard(sink):
            while True:
                got = _try_take(source, head)
                while isinstance(got, Blocked):
                    yield got
                    got = _try_take(source, head)
                if not got:
                    return True
                while got:
                    put = _try_give(tail, sink, got)
                    if isinstance(put, Blocked):
                        yield put
                    else:
                        got -= put
                        note(put)
    finally:
        os.close(tail)
        os.close(head)


def _enlarge(pipe: int) -> bool:
    """Let *pipe* hold `PIPE_SIZE` bytes; False if it is too small even so."""
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
    except OSError:
        # This user's share of pipe memory is used up (pipe(7)): what the kernel gave may do.
        return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) >= _LEAST
    return True


def _try_take(source: SocketChannel, pipe: int) -> int | Blocked:
    try:
        return os.splice(source.fileno(), pipe, PIPE_SIZE, flags=os.SPLICE_F_NONBLOCK)
    except BlockingIOError:
        return source.blocked_in
    except OSError as error:
        raise source.failure("reading from", error) from error


def _try_give(pipe: int, sink: SocketChannel, count: int) -> int | Blocked:
    try:
        return os.splice(pipe, sink.fileno(), count, flags=os.SPLICE_F_NONBLOCK)
    except BlockingIOError:
        return sink.blocked_out
    except OSError as error:
        raise sink.failure("writing to", error) from error
