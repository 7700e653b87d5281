"""The verbs of channels with an offset: files and buffers."""

from __future__ import annotations

import os
from collections.abc import Iterable

from iochan.core.blocked import Blocked
from iochan.core.buffers import Buffer, Views, as_views
from iochan.core.errors import UnsupportedFeature
from iochan.core.feature import Feature
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.op import Op, run
from iochan.core.writing import Writing

__all__ = ["Seeking"]


class Seeking(Writing):
    """What works where `Feature.SEEK` is; elsewhere each verb raises `UnsupportedFeature`."""

    __slots__ = ()

    def try_preadv(self, views: Views, offset: int) -> int | Blocked:  # noqa: ARG002 - for those who can
        """Read at *offset*, wherever the position is; 0 is the end of the file."""
        raise self._without_offset()

    def try_pwritev(self, views: Views, offset: int) -> int | Blocked:  # noqa: ARG002 - for those who can
        """Write at *offset*, wherever the position is."""
        raise self._without_offset()

    def do_seek(self, offset: int, whence: int) -> int:  # noqa: ARG002 - for those who can
        """Move the position and return it."""
        raise self._without_offset()

    def try_sync(self) -> Blocked | None:
        """Have the system put what was written onto the disk; None when it is there, or there is no disk."""
        return None

    def _without_offset(self) -> UnsupportedFeature:
        return UnsupportedFeature(f"{self._name} has no offsets: it is a stream", "SEEK")

    def preadv(self, buffers: Iterable[Buffer], offset: int) -> int:
        """Read into *buffers* at *offset* and leave the position alone; 0 at the end of the file."""
        return run(self.preadv_op(buffers, offset), self._timeout)

    def pwritev(self, buffers: Iterable[Buffer], offset: int) -> int:
        """Write *buffers* at *offset*, leave the position alone, and return how many bytes went."""
        return run(self.pwritev_op(buffers, offset), self._timeout)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position as ``lseek(2)`` and return it, in bytes from the start."""
        self._require(Feature.SEEK, "seek")
        with ReadGuard(self), WriteGuard(self):
            return self.do_seek(offset, whence)

    def sync(self) -> None:
        """Wait until all that was written is where a power cut leaves it (``fdatasync(2)``).

        Raises:
            ChannelBrokenError: The disk refused; what was written since the last sync may be lost.
        """
        run(self.sync_op(), self._timeout)

    def preadv_op(self, buffers: Iterable[Buffer], offset: int) -> Op[int]:
        """The operation of `preadv`."""
        self._require(Feature.SEEK, "read at an offset")
        views = as_views(buffers)
        with ReadGuard(self):
            if not views:
                return 0
            got = self.try_preadv(views, offset)
            while isinstance(got, Blocked):
                yield got
                got = self.try_preadv(views, offset)
            return got

    def pwritev_op(self, buffers: Iterable[Buffer], offset: int) -> Op[int]:
        """The operation of `pwritev`."""
        self._require(Feature.SEEK, "write at an offset")
        views = as_views(buffers)
        with WriteGuard(self):
            if not views:
                return 0
            put = self.try_pwritev(views, offset)
            while isinstance(put, Blocked):
                yield put
                put = self.try_pwritev(views, offset)
            return put

    def sync_op(self) -> Op[None]:
        """The operation of `sync`; like other work on files it keeps the thread until it is done."""
        self._require(Feature.SEEK, "be synced with a disk")
        yield from self.flush_op()
        with WriteGuard(self):
            blocked = self.try_sync()
            while blocked is not None:
                yield blocked
                blocked = self.try_sync()
