"""Telnet's Synch (RFC 854): a Data Mark that TCP calls urgent, and that must stay in the stream."""

from __future__ import annotations

import os
import socket
import stat

from iochan.core.channel import Channel

__all__ = ["keep_urgent_inline"]


def keep_urgent_inline(channel: Channel) -> None:
    """Have the kernel leave urgent bytes where they are, if *channel* is a TCP socket in the end.

    It takes the Data Mark out of the stream otherwise, and its IAC would swallow the next byte of data.
    """
    number = channel.fileno()
    if number < 0 or not stat.S_ISSOCK(os.fstat(number).st_mode):
        return
    # The channel keeps its descriptor; an option belongs to the socket, whichever descriptor sets it.
    with socket.socket(fileno=os.dup(number)) as sock:
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
