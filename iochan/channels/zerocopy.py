"""TCP writes that the kernel sends straight from the caller's memory (``MSG_ZEROCOPY``).

See Documentation/networking/msg_zerocopy.rst of the Linux kernel. Each such write has a number; the
socket's error queue tells in ranges which of them the kernel is done with.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
from typing import Final

from typing_extensions import override

from iochan.channels.socket import SocketChannel
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Room, Views
from iochan.core.condition import Condition
from iochan.core.end import IOV_MAX
from iochan.core.errors import ChannelBrokenError
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.op import Op

__all__ = ["ZeroCopyChannel"]

_SO_ZEROCOPY: Final = 60
_MSG_ZEROCOPY: Final = 0x4000000
_MSG_ERRQUEUE: Final = 0x2000
_DONTWAIT: Final = int(socket.MSG_DONTWAIT)
_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
_RECVERR = frozenset({(int(socket.IPPROTO_IP), _IP_RECVERR), (int(socket.IPPROTO_IPV6), _IPV6_RECVERR)})

_EXTENDED_ERROR: Final = struct.Struct("=IBBBxII")
"""``struct sock_extended_err``: errno, origin, type, code, info, data."""

_ORIGIN_ZEROCOPY: Final = 5
_CODE_COPIED: Final = 1
_CONTROL_SIZE: Final = 256
_NUMBERS: Final = 1 << 32
_NO_LINGER = struct.pack("ii", 1, 0)


class ZeroCopyChannel(SocketChannel):
    """A TCP socket that takes `WriteFlag.ZERO_COPY`, if the kernel has it (`Feature.ZERO_COPY`).

    Such a write returns as soon as the kernel has noted where the bytes are. They must not change
    before `flush` returns; the channel holds on to their memory until then. It pays from about
    10 KiB a write on a real network; on the loopback the kernel copies after all.

    Args:
        sock: The socket, owned from now on.
        name: What messages call the channel.

    Attributes:
        copied: How many zero-copy writes the kernel copied after all.
    """

    __slots__ = ("_lent", "_number", "copied")

    def __init__(self, sock: socket.socket, name: str = "") -> None:
        super().__init__(sock, name)
        self._lent: dict[int, Views] = {}
        self._number = 0
        self.copied = 0
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_ZEROCOPY, 1)
            self.features |= Feature.ZERO_COPY

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if flags & 1:
            return self._lend(views[:IOV_MAX], flags)
        put = super().try_writev(views, fds, flags)
        if self._lent and put is self.blocked_out:
            self._collect()
        return put

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        got = super().try_readv(views, fds, flags)
        if self._lent and got is self.blocked_in:
            # An error queue that is not empty would wake the waiter again and again.
            self._collect()
        return got

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        got = super().try_readinto(buffer, flags)
        if self._lent and got is self.blocked_in:
            self._collect()
        return got

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        put = super().try_write(data, flags)
        if self._lent and put is self.blocked_out:
            self._collect()
        return put

    @override
    def flush_op(self) -> Op[None]:
        yield from super().flush_op()
        yield from self._settle_op()

    @override
    def farewell_op(self) -> Op[None]:
        yield from super().farewell_op()
        yield from self._settle_op()

    @override
    def do_close(self) -> None:
        if self._lent:
            # What is not sent yet must not be sent from memory that is somebody else's by then.
            with contextlib.suppress(OSError):
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        super().do_close()
        self._lent.clear()

    def _lend(self, views: Views, flags: int) -> int | Blocked:
        how = _MSG_ZEROCOPY if flags & 4 else _MSG_ZEROCOPY | _DONTWAIT
        try:
            try:
                put = self.sock.sendmsg(views, (), how)
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                # QEMU's rule: notifications take memory too; with those collected, try once more.
                self._collect()
                put = self.sock.sendmsg(views, (), how)
        except BlockingIOError:
            if self._lent:
                self._collect()
            return self.blocked_out
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                message = (
                    f"{self._name} cannot send without copying: the limit of locked memory is reached, "
                    "flush more often or raise it (ulimit -l)"
                )
                raise ChannelBrokenError(message) from error
            raise self.failure("writing to", error) from error
        self._lent[self._number] = views
        self._number = (self._number + 1) % _NUMBERS
        return put

    def _settle_op(self) -> Op[None]:
        """Wait until the kernel has let go of all that was lent."""
        blocked = Blocked(((self, Condition.ERR),))
        while self._lent and not self._collect():
            yield blocked

    def _collect(self) -> bool:
        """Take what the error queue holds; True if nothing is lent any more."""
        while self._lent:
            try:
                _, ancillary, _, _ = self.sock.recvmsg(0, _CONTROL_SIZE, _MSG_ERRQUEUE | _DONTWAIT)
            except BlockingIOError:
                return False
            except OSError as error:
                raise self.failure("asking for completions of", error) from error
            for level, kind, data in ancillary:
                if (level, kind) in _RECVERR:
                    self._note(data)
        return True

    def _note(self, data: bytes) -> None:
        if len(data) < _EXTENDED_ERROR.size:
            return
        number, origin, _, code, low, high = _EXTENDED_ERROR.unpack_from(data)
        if origin != _ORIGIN_ZEROCOPY or number:
            return
        count = (high - low) % _NUMBERS + 1
        if count > len(self._lent):
            return
        for index in range(count):
            self._lent.pop((low + index) % _NUMBERS, None)
        if code & _CODE_COPIED:
            self.copied += count
