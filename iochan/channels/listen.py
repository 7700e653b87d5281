"""Listening: one listener over any number of sockets."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from iochan.channels.adopt import socket_channel
from iochan.channels.bind import listen_all, listen_at
from iochan.channels.descriptor import Bell, Descriptor
from iochan.channels.errors import ListenError
from iochan.channels.resolve import resolve_op, v6_only
from iochan.channels.sockaddr import abstract_name, sockaddr_text
from iochan.channels.socket import SocketChannel
from iochan.channels.sockopt import SocketOptions
from iochan.channels.unixpath import UnixPath, bind_unix
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError
from iochan.core.listener import Listener
from iochan.core.op import Op

__all__ = [
    "BACKLOG",
    "SocketListener",
    "listen_abstract",
    "listen_fd",
    "listen_tcp_op",
    "listen_unix",
    "listen_vsock",
]

BACKLOG: Final = socket.SOMAXCONN
"""How many connections may wait to be accepted; the kernel cuts it to its own limit."""

_DEFAULTS = SocketOptions()
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
            unnamed = sock.family == socket.AF_UNIX
            return socket_channel(sock, f"{self.text}#{self._count}" if unnamed else sockaddr_text(sock.family, peer))
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

    def __repr__(self) -> str:
        return f"<SocketListener {' '.join(self.addresses) or 'closed'}>"


def listen_tcp_op(
    host: str,
    port: int | str,
    *,
    to: int | None = None,
    ipv4: bool | None = None,
    ipv6: bool | None = None,
    numeric: bool = False,
    backlog: int = BACKLOG,
    options: SocketOptions = _DEFAULTS,
) -> Op[SocketListener]:
    """Listen over TCP at every address of *host*; it works if one of them does.

    IPv6 sockets take IPv4 too, unless IPv6 alone is asked for or an IPv4 socket has the port.
    The port is the same for all addresses, where possible.

    Args:
        host: A name or a numeric address; "" is every address of this machine.
        port: A number, also as text, or a service; 0 lets the system choose.
        to: The end of a range of ports: the first free one is taken.
        ipv4: See `iochan.channels.resolve.family_of`.
        ipv6: See `iochan.channels.resolve.family_of`.
        numeric: Accept numbers only.
        backlog: As ``listen(2)``.
        options: What to set; accepted connections inherit it.

    Raises:
        AddressError: The address cannot be one.
        ConnectError: The host's name has no address.
        ListenError: None of its addresses can be had.
    """
    targets = yield from resolve_op(host, port, ipv4=ipv4, ipv6=ipv6, passive=True, numeric=numeric)
    return SocketListener(listen_all(targets, to, backlog, options, v6_only=v6_only(ipv4=ipv4, ipv6=ipv6)))


def listen_unix(
    path: str | bytes, *, mode: int | None = None, backlog: int = BACKLOG, options: SocketOptions = _DEFAULTS
) -> SocketListener:
    """Listen at a unix path, which is removed when the listener is closed; see `bind_unix`."""
    sock, made = bind_unix(path, mode)
    try:
        options.apply(sock)
        sock.listen(backlog)
    except BaseException:
        made.remove()
        sock.close()
        raise
    return SocketListener([sock], [made])


def listen_abstract(
    name: str | bytes, *, tight: bool = True, backlog: int = BACKLOG, options: SocketOptions = _DEFAULTS
) -> SocketListener:
    """Listen at an abstract name; for *tight* see `iochan.channels.sockaddr.abstract_name`."""
    return SocketListener([listen_at(socket.AF_UNIX, abstract_name(name, tight=tight), backlog, options)])


def listen_vsock(
    cid: int, port: int, *, backlog: int = BACKLOG, options: SocketOptions = _DEFAULTS
) -> SocketListener:
    """Listen for virtual machines; *cid* is this machine's own, or ``socket.VMADDR_CID_ANY``."""
    return SocketListener([listen_at(socket.AF_VSOCK, (cid, port), backlog, options)])


def listen_fd(number: int, *, backlog: int = BACKLOG) -> SocketListener:
    """Listen at a bound socket that was handed to this process; it is owned from now on.

    No path is removed at its end: who made it does that.

    Raises:
        ListenError: It is no stream socket, or cannot listen; it is closed.
    """
    try:
        os.set_inheritable(number, False)
        sock = socket.socket(fileno=number)
    except OSError as error:
        message = f"descriptor {number} is no socket to listen at: {(error.strerror or str(error)).lower()}"
        raise ListenError(message, error.errno) from error
    try:
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        message = f"descriptor {number} cannot listen: {(error.strerror or str(error)).lower()}: give a bound stream socket"
        raise ListenError(message, error.errno) from error
    return SocketListener([sock])


def _close_all(socks: Sequence[socket.socket]) -> None:
    for sock in socks:
        sock.close()
