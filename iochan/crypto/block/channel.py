"""The plain bytes of an encrypted image."""

from __future__ import annotations

import os

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, clip, scatter, total
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import LocalProtocolError, UnsupportedFeature, show_text
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.layer import Layer
from iochan.core.scratch import SCRATCH_SIZE, borrow, give_back
from iochan.crypto.block.header import SECTOR, LuksHeader
from iochan.crypto.block.sectors import SectorCipher

__all__ = ["LuksChannel"]


class LuksChannel(Layer):
    """A file of fixed size, decrypted and encrypted sector by sector as it is read and written.

    It has offsets and a position as a file has. A write that does not fill its first or last sector reads
    that sector before; a write past the end is refused, as on a disk. Memory does not depend on sizes.

    Args:
        lower: The image, a channel with `Feature.SEEK`, owned from now on.
        sectors: What encrypts the payload.
        header: The image's header.

    Attributes:
        header: The image's header.
        size: Plain bytes in it, whole sectors.
    """

    __slots__ = ("_position", "_sectors", "_start", "header", "size")

    def __init__(self, lower: Channel, sectors: SectorCipher, header: LuksHeader) -> None:
        uuid = header.uuid if header.uuid.isprintable() else show_text(header.uuid)
        super().__init__(lower, f"luks {uuid}")
        if not lower.features & Feature.SEEK:
            message = f"{lower.name} has no offsets: a LUKS image lies in a file, a device or a buffer"
            raise UnsupportedFeature(message, "SEEK")
        self.features = Feature.SEEK
        self.header = header
        self._sectors = sectors
        self._start = header.payload * SECTOR
        self._position = 0
        end = lower.seek(0, os.SEEK_END)
        self.size = max(0, end - self._start) // SECTOR * SECTOR

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        return self._lower.ready(condition)

    @override
    def try_preadv(self, views: Views, offset: int) -> int | Blocked:
        self._check(offset)
        wanted = min(total(views), self.size - offset)
        if wanted <= 0:
            return 0
        room = borrow()
        try:
            first, skip = divmod(offset, SECTOR)
            span = room[: min(_whole(skip + wanted), SCRATCH_SIZE)]
            stuck = self._load(span, first)
            if stuck is not None:
                return stuck
            return scatter(span[skip : skip + wanted], views)
        finally:
            give_back(room)

    @override
    def try_pwritev(self, views: Views, offset: int) -> int | Blocked:
        self._check(offset)
        if offset + total(views) > self.size:
            message = f"{self.name} has {self.size} bytes: a write at {offset} would end behind them"
            raise LocalProtocolError(message)
        room = borrow()
        try:
            first, skip = divmod(offset, SECTOR)
            count = min(total(views), SCRATCH_SIZE - skip)
            span = room[: _whole(skip + count)]
            stuck = self._load_edges(span, first, skip, count)
            if stuck is not None:
                return stuck
            place = skip
            for view in clip(views, count):
                span[place : place + len(view)] = view
                place += len(view)
            self._sectors.encrypt(span, first)
            stuck = self._store(span, first)
            # Written again from its beginning, the same bytes come to the same places.
            return count if stuck is None else stuck
        finally:
            give_back(room)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        got = self.try_preadv(views, self._position)
        if not isinstance(got, Blocked):
            self._position += got
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        put = self.try_pwritev(views, self._position)
        if not isinstance(put, Blocked):
            self._position += put
        return put

    @override
    def try_sync(self) -> Blocked | None:
        return self._lower.try_sync()

    @override
    def do_seek(self, offset: int, whence: int) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}.get(whence)
        if base is None or base + offset < 0:
            message = f"{self.name} cannot seek to {offset}, whence {whence}: offsets start at 0"
            raise ValueError(message)
        self._position = base + offset
        return self._position

    def _check(self, offset: int) -> None:
        if offset < 0:
            message = f"{self.name} has no offset {offset}: offsets start at 0"
            raise ValueError(message)

    def _load(self, span: memoryview, first: int) -> Blocked | None:
        """Fill *span* with the plain bytes of the sectors from *first* on."""
        done = 0
        while done < len(span):
            got = self._lower.try_preadv([span[done:]], self._start + first * SECTOR + done)
            if isinstance(got, Blocked):
                return got
            if not got:
                message = f"{self.lower.name} was cut while it was in use: it ends in sector {first}"
                raise LocalProtocolError(message)
            done += got
        self._sectors.decrypt(span, first)
        return None

    def _load_edges(self, span: memoryview, first: int, skip: int, count: int) -> Blocked | None:
        """Fill those sectors at the ends of *span* that the write does not fill."""
        if skip:
            stuck = self._load(span[:SECTOR], first)
            if stuck is not None:
                return stuck
        last = len(span) - SECTOR
        if (skip + count) % SECTOR and (last or not skip):
            return self._load(span[last:], first + last // SECTOR)
        return None

    def _store(self, span: memoryview, first: int) -> Blocked | None:
        done = 0
        while done < len(span):
            put = self._lower.try_pwritev([span[done:]], self._start + first * SECTOR + done)
            if isinstance(put, Blocked):
                return put
            done += put
        return None


def _whole(size: int) -> int:
    return (size + SECTOR - 1) // SECTOR * SECTOR
