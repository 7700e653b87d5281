"""Listening: one listener over any number of sockets."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from iochan.address import FdAddress, InetAddress, UnixAddress
from iochan.channels.adopt import socket_channel
from iochan.channels.bind import listen_all, listen_at
from iochan.channels.connect import SocketAddress
from iochan.channels.descriptor import Bell, Descriptor
from iochan.channels.errors import ListenError
from iochan.channels.resolve import resolve_op, v6_only
from iochan.channels.sockaddr import sockaddr_text, target_of
from iochan.channels.socket import SocketChannel
from iochan.channels.sockopt import SocketOptions, options_of
from iochan.channels.systemd import take_passed
from iochan.channels.unixpath import UnixPath, bind_unix
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError
from iochan.core.listener import Listener
from iochan.core.op import Op

__all__ = ["BACKLOG", "SocketListener", "from_systemd", "listen_op"]

BACKLOG: Final = socket.SOMAXCONN
"""How many connections may wait to be accepted; the kernel cuts it to its own limit."""

_DEAD_IN_A_ROW: Final = 16

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})


class _Door(Descriptor):
    """One listening socket."""

    __slots__ = ("_count", "_sock", "text")

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock.fileno())
        self._sock = sock
        self._count = 0
        self.text = sockaddr_text(sock.family, sock.getsockname())
        sock.setblocking(False)

    def accept(self) -> SocketChannel | None:
        """Return the next connection, or None if there is none now."""
        for _ in range(_DEAD_IN_A_ROW):
            try:
                sock, peer = self._sock.accept()
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    reason = (error.strerror or str(error)).lower()
                    message = f"cannot accept on {self.text}: {reason}: close some, the connection waits"
                    raise OSError(error.errno, message) from error
                # accept(2): any other error is of a connection that died in the queue.
                continue
            self._count += 1
            # Clients of a unix socket have no name of their own.
            unnamed = sock.family == socket.AF_UNIX
            name = f"{self.text}#{self._count}" if unnamed else sockaddr_text(sock.family, peer)
            channel = socket_channel(sock, name)
            channel.exclusive = True
            return channel
        return None

    def close(self) -> None:
        """Stop listening; what waits in the queue is refused."""
        self.release()
        self._sock.close()


class SocketListener(Listener):
    """Accepts from several listening sockets in turn.

    `pause`, `resume` and `close` may come from any thread, and wake who waits.

    Args:
        socks: Listening stream sockets, owned from now on, and set to non-blocking.
        paths: Unix paths to remove at the end.

    Raises:
        ListenError: There is no socket, or one of them does not listen; all are closed.
    """

    __slots__ = ("_blocked", "_doors", "_end", "_gate", "_paths", "_paused", "_turn")

    def __init__(self, socks: Sequence[socket.socket], paths: Sequence[UnixPath] = ()) -> None:
        for sock in socks:
            if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                message = f"descriptor {sock.fileno()} does not listen: bind it and call listen() first"
                _close_all(socks)
                raise ListenError(message)
        if not socks:
            message = "a listener without a socket: give at least one"
            raise ListenError(message)
        self._doors = [_Door(sock) for sock in socks]
        self._paths = paths
        self._end = Bell()
        self._gate: Bell | None = None
        self._paused: Blocked | None = None
        self._turn = 0
        watched = (*self._doors, self._end)
        self._blocked = Blocked(tuple((thing, Condition.IN) for thing in watched))

    @override
    def try_accept(self) -> SocketChannel | Blocked:
        if not self._doors:
            message = "the listener is closed: it cannot accept any more"
            raise ChannelClosedError(message)
        paused = self._paused
        if paused is not None:
            return paused
        doors = self._doors
        for _ in range(len(doors)):
            door = doors[self._turn % len(doors)]
            self._turn += 1
            channel = door.accept()
            if channel is not None:
                return channel
        return self._blocked

    @property
    @override
    def addresses(self) -> tuple[str, ...]:
        return tuple(door.text for door in self._doors)

    @override
    def pause(self) -> None:
        if self._paused is None and self._doors:
            before, self._gate = self._gate, Bell()
            self._paused = Blocked(((self._gate, Condition.IN), (self._end, Condition.IN)))
            if before is not None:
                before.close()

    @override
    def resume(self) -> None:
        if self._paused is not None and self._gate is not None:
            self._paused = None
            # It stays rung, and open until the next pause: somebody may be about to wait for it.
            self._gate.ring()

    @override
    def close(self) -> None:
        doors, self._doors = self._doors, []
        if not doors:
            return
        # The path first: a new listener may come as soon as this one refuses.
        for path in self._paths:
            path.remove()
        self._end.ring()
        for door in doors:
            door.close()
        self._end.close()
        if self._gate is not None:
            self._gate.close()

    @override
    def __repr__(self) -> str:
        return f"<SocketListener {' '.join(self.addresses) or 'closed'}>"


def listen_op(
    address: SocketAddress,
    *,
    options: SocketOptions | None = None,
    mode: int | None = None,
    backlog: int = BACKLOG,
) -> Op[SocketListener]:
    """Listen at *address*.

    TCP: at every address of the host, on one port where possible; it works if one of them does. IPv6
    sockets take IPv4 too, unless IPv6 alone is asked for or an IPv4 socket has the port. Unix: see
    `iochan.channels.unixpath.bind_unix`; the path is removed when the listener is closed.
    Descriptors: bound sockets that were handed to this process, owned from now on; their paths are left to
    who made them.

    Args:
        address: Where.
        options: What to set, and accepted connections inherit; None for what *address* says.
        mode: Permission bits of a unix path; None leaves it to the process's umask.
        backlog: As ``listen(2)``, unless *address* has its own.

    Raises:
        ConnectError: The host's name has no address.
        ListenError: None of its addresses can be had.
    """
    if isinstance(address, FdAddress):
        return _listen_fd(address.fd, backlog) if address.fd is not None else from_systemd(address.name)
    backlog = address.backlog or backlog
    options = options_of(address) if options is None else options
    if isinstance(address, InetAddress):
        targets = yield from resolve_op(address, passive=True)
        only = v6_only(address)
        return SocketListener(listen_all(targets, address.to, backlog, options, v6_only=only))
    if isinstance(address, UnixAddress):
        return _listen_unix(address, mode, backlog, options)
    return SocketListener([listen_at(target_of(address), backlog, options)])


def from_systemd(name: str = "") -> SocketListener:
    """Return a listener over the sockets of *name* that systemd passed, or over all that are left.

    Raises:
        ListenError: There are none, or one of them is no listening stream socket.
    """
    return SocketListener(take_passed(name))


def _listen_unix(
    address: UnixAddress, mode: int | None, backlog: int, options: SocketOptions
) -> SocketListener:
    sock, path = bind_unix(address, mode)
    try:
        options.apply(sock)
        sock.listen(backlog)
    except BaseException:
        path.remove()
        sock.close()
        raise
    return SocketListener([sock], [path])


def _listen_fd(number: int, backlog: int) -> SocketListener:
    try:
        os.set_inheritable(number, False)
        sock = socket.socket(fileno=number)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"descriptor {number} cannot listen: {reason}: give a bound stream socket"
        raise ListenError(message, error.errno) from error
    try:
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        reason = (error.strerror or str(error)).lower()
        message = f"descriptor {number} cannot listen: {reason}: give a bound stream socket"
        raise ListenError(message, error.errno) from error
    return SocketListener([sock])


def _close_all(socks: Sequence[socket.socket]) -> None:
    for sock in socks:
        sock.close()
