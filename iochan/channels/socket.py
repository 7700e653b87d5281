"""Channels over stream sockets.

The descriptor's own blocking mode is left alone: other processes may share it. Every try says
``MSG_DONTWAIT``; only where the caller has nothing else to do (`ReadFlag.MAY_SLEEP`) the call sleeps
in the kernel, which saves a blocking reader the failed try and the poll.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import Final

from typing_extensions import override

from iochan.channels.linger import linger_op
from iochan.channels.sockaddr import sockaddr_text
from iochan.channels.sockopt import set_delay
from iochan.core.attribute import Attributes
from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, Flat, Room, Views, advance, as_view, as_views, bytes_in
from iochan.core.condition import Shutdown
from iochan.core.end import IOV_MAX
from iochan.core.facts import LOCAL_ADDRESS, PEER_ADDRESS
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.leaf import Leaf
from iochan.core.op import Op
from iochan.core.writing import HasFileno

__all__ = ["SocketChannel"]

_DONTWAIT: Final = int(socket.MSG_DONTWAIT)
_PEEK: Final = int(socket.MSG_PEEK)
_HOW = {
    Shutdown.READ: socket.SHUT_RD,
    Shutdown.WRITE: socket.SHUT_WR,
    Shutdown.BOTH: socket.SHUT_RDWR,
}


class SocketChannel(Leaf):
    """A connected stream socket.

    Args:
        sock: The socket, owned from now on.
        name: What messages call the channel.

    Attributes:
        sock: The socket.
        exclusive: Whether this process made the connection itself, so that no other one shares it: its
            blocking mode may then be changed, and `close` may drop input to save output.
    """

    __slots__ = (
        "_drained",
        "_fd",
        "_how",
        "_recv_into",
        "_send",
        "_sendmsg",
        "exclusive",
        "features",
        "sock",
    )

    def __init__(self, sock: socket.socket, name: str = "") -> None:
        super().__init__(name or "socket")
        self.sock = sock
        self._fd = sock.fileno()
        self._recv_into = sock.recv_into
        self._send = sock.send
        self._sendmsg = sock.sendmsg
        self._drained = False
        self.exclusive = False
        self.features = Feature.SHUTDOWN | Feature.PEEK | Feature.HALF_CLOSE | Feature.CONCURRENT
        # Python's own timeout would make every call poll first.
        if sock.gettimeout() is not None:
            sock.settimeout(None)

    @override
    def fileno(self) -> int:
        return self._fd

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if flags & 8 and self._drained:
            return self.blocked_in
        try:
            if len(views) == 1:
                view = views[0]
                if flags & 1:
                    return self._recv_into(view, 0, _DONTWAIT | _PEEK)
                got = self._recv_into(view, 0, 0 if flags & 4 else _DONTWAIT)
                self._drained = got < len(view)
                return got
            how = (0 if flags & 4 else _DONTWAIT) | (_PEEK if flags & 1 else 0)
            return self.sock.recvmsg_into(views[:IOV_MAX], 0, how)[0]
        except BlockingIOError:
            self._drained = False
            return self.blocked_in
        except OSError as error:
            raise self.failure("reading from", error) from error

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        try:
            if len(views) == 1:
                return self._send(views[0], 0 if flags & 4 else _DONTWAIT)
            return self._sendmsg(views[:IOV_MAX], (), 0 if flags & 4 else _DONTWAIT)
        except BlockingIOError:
            return self.blocked_out
        except OSError as error:
            raise self.failure("writing to", error) from error

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        if flags & 8 and self._drained:
            return self.blocked_in
        try:
            got = self._recv_into(buffer, 0, 0 if flags & 4 else _DONTWAIT)
        except BlockingIOError:
            self._drained = False
            return self.blocked_in
        except OSError as error:
            raise self.failure("reading from", error) from error
        self._drained = got < len(buffer)
        return got

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        try:
            return self._send(data, 0 if flags & 4 else _DONTWAIT)
        except BlockingIOError:
            return self.blocked_out
        except OSError as error:
            raise self.failure("writing to", error) from error

    @override
    def readinto(self, buffer: Buffer) -> int:
        # One call of the kernel and next to nothing else: the way of a blocking reader, and of one
        # that polls. With a timeout, and when the descriptor would block, the long way decides.
        how = self._how
        if self.reading or how is None:
            return super().readinto(buffer)
        self.reading = True
        try:
            return self._recv_into(buffer, 0, how)
        except BlockingIOError:
            pass
        except OSError as error:
            raise self.failure("reading from", error) from error
        finally:
            self.reading = self.closed
        return super().readinto(buffer)

    @override
    def write_all(self, data: Buffer) -> None:
        # As readinto. The count tells whether all went.
        kind, how = type(data), self._how
        if kind is bytes or kind is bytearray:
            size = len(data)  # type: ignore[arg-type] # just checked
        else:
            size = data.nbytes if kind is memoryview else memoryview(data).nbytes  # type: ignore[attr-defined]
        if self.writing or how is None or self.held is not None:
            super().write_all(data)
            return
        self.writing = True
        try:
            put = self._send(data, how)
        except BlockingIOError:
            put = 0
        except OSError as error:
            raise self.failure("writing to", error) from error
        finally:
            self.writing = self.closed
        if put != size:
            super().write_all(as_view(data)[put:])

    @override
    def writev_all(self, buffers: Iterable[Buffer], fds: Sequence[HasFileno] = (), flags: int = 0) -> None:
        # As write_all; a sequence goes to the kernel as it is.
        how = self._how
        if (
            self.writing
            or how is None
            or self.held is not None
            or fds
            or flags
            or type(buffers) is not list
            or len(buffers) > IOV_MAX
        ):
            super().writev_all(buffers, fds, flags)
            return
        self.writing = True
        try:
            put = self._sendmsg(buffers, (), how)
        except BlockingIOError:
            put = 0
        except OSError as error:
            raise self.failure("writing to", error) from error
        finally:
            self.writing = self.closed
        if put != bytes_in(buffers):
            super().writev_all(advance(as_views(buffers), put))

    @override
    def choose_flags(self) -> None:
        super().choose_flags()
        slow = self._timeout is not None or (self._spin and self._blocking)
        self._how = None if slow else 0 if self._blocking else _DONTWAIT

    @override
    def do_shutdown(self, how: Shutdown) -> None:
        try:
            self.sock.shutdown(_HOW[how])
        except OSError:
            # Not connected any more: whoever waits has been woken by that already.
            return

    @override
    def do_set_delay(self, delay: bool) -> None:
        set_delay(self.sock, delay=delay)

    @override
    def attributes(self) -> Attributes:
        sock = self.sock
        return {
            PEER_ADDRESS: self._peer_text,
            LOCAL_ADDRESS: lambda: sockaddr_text(sock.family, sock.getsockname()),
        }

    def _peer_text(self) -> str:
        try:
            return sockaddr_text(self.sock.family, self.sock.getpeername())
        except OSError:
            # The peer has reset the connection: its name is what is left of it.
            return self._name

    @override
    def end_writing_op(self) -> Op[None]:
        self.do_shutdown(Shutdown.WRITE)
        yield from ()

    @override
    def farewell_op(self) -> Op[None]:
        yield from super().farewell_op()
        # Who shares the connection with other processes must neither end it nor eat their input.
        if self.exclusive and self.sock.family != socket.AF_UNIX:
            yield from linger_op(self)

    @override
    def do_close(self) -> None:
        if self._fd >= 0:
            self.announce_close()
            self._fd = -1
            self.sock.close()
