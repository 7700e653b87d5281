"""Channels over unix sockets, which carry descriptors along with bytes.

Every read asks for descriptors, also one whose caller wants none: the kernel throws away what
is not asked for. Descriptors that come with such a read stay inside the channel, with their bytes,
until somebody reads with a box.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from typing_extensions import override

from iochan.channels.scm import CONTROL_SIZE, claim, close_all, rights, set_to_block
from iochan.channels.socket import SocketChannel
from iochan.core.attribute import Attributes
from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, Room, Views, scatter
from iochan.core.condition import Condition
from iochan.core.end import IOV_MAX
from iochan.core.errors import ChannelError, DescriptorError
from iochan.core.facts import PEER_GID, PEER_PID, PEER_UID
from iochan.core.fd import MAX_FDS, FdBox
from iochan.core.feature import Feature
from iochan.core.reading import Reading
from iochan.core.writing import HasFileno

__all__ = ["UnixChannel", "socketpair"]

_DONTWAIT: Final = int(socket.MSG_DONTWAIT)
_PEEK: Final = int(socket.MSG_PEEK)
_CTRUNC: Final = int(socket.MSG_CTRUNC)
_CLOEXEC: Final = int(socket.MSG_CMSG_CLOEXEC)
_TRY: Final = _CLOEXEC | _DONTWAIT
_CREDENTIALS: Final = struct.Struct("3i")


class UnixChannel(SocketChannel):
    """A connected unix stream socket; it passes descriptors (`Feature.FD_PASS`).

    Received descriptors are close-on-exec and set to block (`ReadFlag.PRESERVE_BLOCKING` leaves their
    mode). They belong to the bytes that they came with: ``readv(buffers, fds=box)`` returns both. A
    read without a box, when descriptors come, raises `DescriptorError` and loses nothing: the bytes
    and their descriptors wait for a read
    with a box. A peek leaves both where they are.

    Args:
        sock: The socket, owned from now on.
        name: What messages call the channel.
    """

    __slots__ = ("_how_claiming", "_kept", "_kept_fds", "_recvmsg_into")

    def __init__(self, sock: socket.socket, name: str = "") -> None:
        super().__init__(sock, name)
        self._recvmsg_into = sock.recvmsg_into
        self._kept: bytes | None = None
        self._kept_fds: list[int] = []
        self.features |= Feature.FD_PASS

    @override
    def try_readv(  # noqa: PLR0911 - the hot path
        self, views: Views, fds: FdBox | None = None, flags: int = 0
    ) -> int | Blocked:
        if self._kept is not None:
            return self._hand_out(self._kept, views, fds, flags)
        if flags & 8 and self._drained:
            return self.blocked_in
        if len(views) > IOV_MAX:
            views = views[:IOV_MAX]
        try:
            if flags & 1:
                # Without room for descriptors the kernel makes no copies of them: they stay queued.
                return self._recvmsg_into(views, 0, _DONTWAIT | _PEEK)[0]
            got, ancillary, msg_flags, _ = self._recvmsg_into(
                views, CONTROL_SIZE, _CLOEXEC if flags & 4 else _TRY
            )
        except BlockingIOError:
            self._drained = False
            return self.blocked_in
        except OSError as error:
            raise self.failure("reading from", error) from error
        if ancillary or msg_flags & _CTRUNC:
            self._receive(got, views, fds, claim(ancillary, msg_flags, self._name), flags)
            return got
        self._drained = got < len(views[0])
        return got

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        return self.try_readv((buffer,), None, flags)  # type: ignore[arg-type] # any flat buffer will do

    @override
    def readinto(self, buffer: Buffer, fds: FdBox | None = None) -> int:
        # As the base class, with the call that keeps descriptors. An empty buffer would wait.
        how, kind = self._how_claiming, type(buffer)
        if (
            self.reading
            or how is None
            or self._kept is not None
            or not (buffer if kind is bytearray else memoryview(buffer).nbytes)
        ):
            return self._readinto_slowly(buffer, fds)
        self.reading = True
        try:
            got, ancillary, msg_flags, _ = self._recvmsg_into((buffer,), CONTROL_SIZE, how)
        except BlockingIOError:
            got, ancillary, msg_flags = -1, [], 0
        except OSError as error:
            raise self.failure("reading from", error) from error
        finally:
            self.reading = self.closed
        if got < 0:
            return self._readinto_slowly(buffer, fds)
        if ancillary or msg_flags & _CTRUNC:
            came = claim(ancillary, msg_flags, self._name)
            self._receive(got, (buffer,), fds, came, 0)
        return got

    def _readinto_slowly(self, buffer: Buffer, fds: FdBox | None) -> int:
        return Reading.readinto(self, buffer) if fds is None else Reading.readv(self, (buffer,), fds)

    @override
    def readv(self, buffers: Iterable[Buffer], fds: FdBox | None = None, flags: int = 0) -> int:
        if fds is not None and not flags and type(buffers) is list and len(buffers) == 1:
            return self.readinto(buffers[0], fds)
        return super().readv(buffers, fds, flags)

    @override
    def writev(self, buffers: Iterable[Buffer], fds: Sequence[HasFileno] = (), flags: int = 0) -> int:
        # As write_all of the base class, for descriptors that are plain numbers.
        how = self._how
        if (
            not fds
            or flags
            or self.writing
            or how is None
            or self.held is not None
            or type(buffers) is not list
            or len(buffers) > IOV_MAX
            or len(fds) > MAX_FDS
        ):
            return super().writev(buffers, fds, flags)
        self.writing = True
        try:
            put = self._sendmsg(buffers, rights(fds), how)  # type: ignore[arg-type] # numbers or TypeError
        except (BlockingIOError, TypeError):
            put = 0
        except OSError as error:
            raise self._write_failure(fds, error) from error
        finally:
            self.writing = self.closed
        return put or super().writev(buffers, fds)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if not fds:
            return super().try_writev(views, (), flags)
        try:
            return self._sendmsg(views[:IOV_MAX], rights(fds), 0 if flags & 4 else _DONTWAIT)
        except BlockingIOError:
            return self.blocked_out
        except OSError as error:
            raise self._write_failure(fds, error) from error

    def _write_failure(self, fds: Sequence[HasFileno], error: OSError) -> ChannelError:
        if error.errno == errno.EBADF and self._fd >= 0:
            return DescriptorError(f"cannot pass {fds} on {self._name}: one of them is not open")
        if error.errno == errno.ETOOMANYREFS:
            return DescriptorError(
                f"cannot pass {len(fds)} descriptors on {self._name}: too many are under way already, "
                "let the peer read first"
            )
        return self.failure("writing to", error)

    @override
    def choose_flags(self) -> None:
        super().choose_flags()
        self._how_claiming = None if self._how is None else self._how | _CLOEXEC

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if self._kept is not None and Condition.IN in condition:
            return Condition.IN
        return super().ready(condition)

    @override
    def attributes(self) -> Attributes:
        return {
            **super().attributes(),
            PEER_PID: lambda: self._credentials()[0],
            PEER_UID: lambda: self._credentials()[1],
            PEER_GID: lambda: self._credentials()[2],
        }

    @override
    def do_close(self) -> None:
        super().do_close()
        fds, self._kept_fds, self._kept = self._kept_fds, [], None
        close_all(fds)

    def _credentials(self) -> tuple[int, int, int]:
        raw = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, uid, gid = _CREDENTIALS.unpack(raw)
        return pid, uid, gid

    def _receive(
        self, got: int, views: Sequence[Buffer], box: FdBox | None, fds: list[int], flags: int
    ) -> None:
        """Hand *fds* to who reads, or keep them and the *got* bytes that they came with."""
        self._drained = False
        if box is not None:
            self._put(fds, box, flags)
        elif fds:
            self._kept = b"".join(views)[:got]
            self._kept_fds = fds
            raise self._unasked()

    def _hand_out(self, kept: bytes, views: Views, box: FdBox | None, flags: int) -> int:
        """Read what an earlier read left here; its descriptors go with the first of its bytes."""
        if flags & 1:
            return scatter(kept, views)
        if box is None and self._kept_fds:
            raise self._unasked()
        got = scatter(kept, views)
        self._kept = kept[got:] or None
        fds, self._kept_fds = self._kept_fds, []
        if box is not None:
            self._put(fds, box, flags)
        return got

    def _put(self, fds: list[int], box: FdBox, flags: int) -> None:
        if not flags & 16:
            set_to_block(fds, self._name)
        box.put(fds)

    def _unasked(self) -> DescriptorError:
        return DescriptorError(
            f"{len(self._kept_fds)} descriptors came on {self._name} with a read that takes none: "
            "read again with fds=FdBox(), nothing is lost"
        )


def socketpair() -> tuple[UnixChannel, UnixChannel]:
    """Return two channels, each the other's peer, over a pair of unix sockets."""
    left, right = socket.socketpair()
    return UnixChannel(left, "socketpair[0]"), UnixChannel(right, "socketpair[1]")
