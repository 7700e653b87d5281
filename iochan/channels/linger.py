"""Closing a TCP connection while the peer still sends.

A TCP socket that is closed with bytes in it that nobody has read sends a reset (RFC 1122, 4.2.2.13; RFC 2525,
2.17), and with it the kernel throws away what it had accepted for the peer and not yet got through.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from typing import TYPE_CHECKING, Final

from iochan.core import clock
from iochan.core.condition import Shutdown
from iochan.core.op import Op
from iochan.core.scratch import borrow, give_back

if TYPE_CHECKING:
    from iochan.channels.socket import SocketChannel

__all__ = ["linger_op"]

_COUNT: Final = struct.Struct("i")
_ZERO: Final = bytes(_COUNT.size)
_FIRST_LOOK: Final = 0.001
_LONGEST_LOOK: Final = 0.05


def linger_op(channel: SocketChannel) -> Op[None]:
    """End *channel*'s writing, and drop what comes until the peer's kernel has all that was written.

    It does so only if there is something to lose: unread input, and output under way. Otherwise it does
    nothing, and the kernel brings the output home alone after the close. The bound is the caller's.

    Raises:
        ChannelBrokenError: The connection broke, and with it what was under way.
    """
    sock = channel.sock
    if not (_count(sock, termios.FIONREAD) and _count(sock, termios.TIOCOUTQ)):
        return
    channel.do_shutdown(Shutdown.WRITE)
    pause = _FIRST_LOOK
    while not _drop_ended(channel) and _count(sock, termios.TIOCOUTQ):
        # The kernel has no readiness for «acknowledged»: input wakes, and a timer looks.
        yield channel.blocked_in.by(clock.now() + pause)
        pause = min(2 * pause, _LONGEST_LOOK)


def _count(sock: socket.socket, request: int) -> int:
    """Return how many bytes the kernel has in one direction; 0 if the socket is not connected any more."""
    try:
        (count,) = _COUNT.unpack(fcntl.ioctl(sock, request, _ZERO))
    except OSError:
        return 0
    return int(count)


def _drop_ended(channel: SocketChannel) -> bool:
    """Drop some of what came; tell whether the peer's end did, after which no reset can follow."""
    scratch = borrow()
    try:
        return channel.try_readinto(scratch) == 0
    finally:
        give_back(scratch)
