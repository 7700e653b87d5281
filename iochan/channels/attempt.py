"""One try to reach one address, and the race of several (RFC 8305, Happy Eyeballs)."""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from iochan.channels.adopt import socket_channel
from iochan.channels.sockaddr import Target
from iochan.channels.socket import SocketChannel
from iochan.channels.sockopt import DEFAULT_OPTIONS, SocketOptions
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.errors import ConnectError
from iochan.core.op import Op

__all__ = ["STAGGER_SECONDS", "Make", "interleave", "race_op"]

STAGGER_SECONDS: Final = 0.25
"""How long an address has the field to itself before the next is tried too (RFC 8305, 5)."""

_BUSY_SECONDS: Final = 0.02
_INET: Final = frozenset({socket.AF_INET, socket.AF_INET6})
_PENDING: Final = frozenset({errno.EINPROGRESS, errno.EALREADY, errno.EINTR})

Make = Callable[[socket.socket, str], SocketChannel]
"""Makes the channel over a socket that is about to connect: `socket_channel` and its like."""


class _Attempt:
    """A connection on its way: a channel that is nobody's yet.

    The channel exists from the start, so that a loop which watched the attempt keeps watching
    the same thing once it has won.
    """

    __slots__ = ("busy", "channel", "error", "target", "won")

    def __init__(self, target: Target, make: Make, options: SocketOptions) -> None:
        self.target = target
        self.won = False
        self.busy = False
        self.error: OSError | None = None
        self.channel: SocketChannel | None = None
        try:
            sock = socket.socket(target.family, socket.SOCK_STREAM, target.protocol)
        except OSError as error:
            self.error = error
            return
        self.channel = make(sock, target.text)
        self.channel.exclusive = True
        try:
            options.apply(sock)
            sock.setblocking(False)
        except OSError as error:
            self.fail(error)
            return
        self.step()

    def step(self) -> None:
        """See how far it is: asking again to connect tells (``connect(2)``)."""
        if self.channel is None:
            return
        sock = self.channel.sock
        try:
            number = sock.connect_ex(self.target.sockaddr)
        except OSError as error:
            self.fail(error)
            return
        # A unix listener whose queue is full: the kernel does not say when there is room.
        self.busy = number == errno.EAGAIN
        if number in {0, errno.EISCONN}:
            self._win(sock)
        elif not self.busy and number not in _PENDING:
            self.fail(OSError(number, os.strerror(number)))

    def fail(self, error: OSError) -> None:
        """Note why nothing comes of it, and give its socket back."""
        self.error = error
        self.drop()

    def drop(self) -> None:
        """Give the socket back."""
        if self.channel is not None:
            self.channel.abort()

    def _win(self, sock: socket.socket) -> None:
        if sock.family != socket.AF_UNIX and sock.getsockname() == sock.getpeername():
            # TCP lets a socket connect to itself, if the port it was given is the one it asks for.
            self.fail(OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED)))
            return
        sock.setblocking(True)
        self.won = True


def interleave(targets: Sequence[Target]) -> list[Target]:
    """Return *targets* with the families taking turns, beginning with the first (RFC 8305, 4)."""
    queues: dict[int, deque[Target]] = {}
    for target in targets:
        queues.setdefault(target.family, deque()).append(target)
    mixed = []
    while queues:
        for family in list(queues):
            mixed.append(queues[family].popleft())
            if not queues[family]:
                del queues[family]
    return mixed


def race_op(
    targets: Sequence[Target],
    what: str,
    make: Make = socket_channel,
    options: SocketOptions = DEFAULT_OPTIONS,
) -> Op[SocketChannel]:
    """Connect to the first of *targets* that answers, and return the channel.

    Each has `STAGGER_SECONDS` before the next is tried as well; one that fails makes room at once.
    Those that come too late are closed, and all are if the operation is cancelled.

    Args:
        targets: Where to, in this order.
        what: What the caller wanted to reach, for messages.
        make: Makes the channel.
        options: What to set on the sockets.

    Raises:
        ConnectError: All failed; the message says how each did.
    """
    waiting = deque(targets)
    started: list[_Attempt] = []
    winner: _Attempt | None = None
    turn = clock.now()
    try:
        while True:
            pending = [attempt for attempt in started if attempt.error is None]
            if waiting and (not pending or clock.now() >= turn):
                pending = [_Attempt(waiting.popleft(), make, options)]
                started += pending
                turn = clock.now() + STAGGER_SECONDS
            elif pending:
                yield _wait_for(pending, turn if waiting else None)
                if _step_all(pending):
                    turn = clock.now()
            else:
                raise _unreachable(what, started)
            winner = next((attempt for attempt in pending if attempt.won), None)
            if winner is not None and winner.channel is not None:
                return winner.channel
    finally:
        for attempt in started:
            if attempt is not winner:
                attempt.drop()


def _wait_for(pending: Sequence[_Attempt], turn: float | None) -> Blocked:
    blocked = Blocked((), turn)
    for attempt in pending:
        if attempt.channel is not None and not attempt.busy:
            blocked |= attempt.channel.blocked_out
        elif attempt.busy:
            blocked = blocked.by(clock.now() + _BUSY_SECONDS)
    return blocked


def _step_all(pending: Sequence[_Attempt]) -> bool:
    """See how far they are; True if one has failed, so that the next one's turn has come."""
    for attempt in pending:
        attempt.step()
    return any(attempt.error is not None for attempt in pending)


def _unreachable(what: str, attempts: Sequence[_Attempt]) -> ConnectError:
    errors = [(attempt.target, attempt.error) for attempt in attempts if attempt.error is not None]
    told = [f"{_place(target, what)}{(error.strerror or str(error)).lower()}" for target, error in errors]
    failure = ConnectError(f"{what}: {'; '.join(told) or 'nothing to connect to'}: is the server running?")
    if errors:
        failure.__cause__ = errors[-1][1]
        failure.errno = errors[-1][1].errno
    return failure


def _place(target: Target, what: str) -> str:
    """Return the address to show before its error: none if it is what was asked for."""
    return "" if target.text == what or target.family not in _INET else f"{target.sockaddr[0]}: "
