"""The format of tapes, version 1: a conversation with its times, both directions in one file.

How a tape looks, all numbers big-endian; ``docs/reference/tape.md`` says it at length::

    magic    8 bytes   89 'IOTAPE' 0a
    version  u16       1
    size     u32       of the header, at most MAX_HEADER
    header             a JSON object in UTF-8
    records            until the end of the file:
        sender   u8    'a' the program that recorded, 'b' its peer
        kind     u8    0 data, 1 end of the sender's stream, 2 gap, 3 close
        size     u32   of the payload
        delta    u64   nanoseconds since the record before; since the start for the first
        payload        data: 1 to MAX_PAYLOAD bytes; gap: u64, how many bytes are missing; else nothing
"""

from __future__ import annotations

import enum
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from iochan.core.buffers import Buffer
from iochan.core.bytequeue import ByteQueue
from iochan.core.errors import show_bytes
from iochan.layers.errors import TapeError

__all__ = [
    "MAGIC",
    "MAX_HEADER",
    "MAX_PAYLOAD",
    "VERSION",
    "Kind",
    "Record",
    "Sender",
    "TapeReader",
    "pack_gap",
    "pack_record",
    "pack_start",
]

T = TypeVar("T")

MAGIC: Final = b"\x89IOTAPE\n"
VERSION: Final = 1

MAX_HEADER: Final = 16384
"""The most bytes of the header's JSON."""

MAX_PAYLOAD: Final = 65536
"""The most bytes of one record's data; what is longer makes several records."""

_START: Final = struct.Struct(">8sHI")
_RECORD: Final = struct.Struct(">BBIQ")
_GAP: Final = struct.Struct(">Q")


class Sender(enum.IntEnum):
    """Who sent the bytes of a record."""

    A = 0x61
    """The program that recorded: its writes."""
    B = 0x62
    """Its peer: the program's reads."""


class Kind(enum.IntEnum):
    """What a record tells."""

    DATA = 0
    EOF = 1
    """The sender's stream ended."""
    GAP = 2
    """The sender sent bytes that are not on the tape."""
    CLOSE = 3
    """The sender closed the channel, both directions. Nothing follows."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a tape.

    Attributes:
        sender: Who sent it.
        kind: What it tells.
        nanos: When, in nanoseconds since the start of the tape.
        payload: The data, of `Kind.DATA`; empty for the other kinds.
        gap: How many bytes are missing, of `Kind.GAP`; 0 for the other kinds.
        offset: Where on the tape the record begins.
    """

    sender: Sender
    kind: Kind
    nanos: int
    payload: bytes
    gap: int
    offset: int


def pack_start(header: Mapping[str, object]) -> bytes:
    """Return how a tape with *header* begins.

    Raises:
        ValueError: The header is longer than `MAX_HEADER` as JSON.
    """
    text = json.dumps(dict(header), ensure_ascii=False).encode()
    if len(text) > MAX_HEADER:
        message = f"a tape's header of {len(text)} bytes: at most {MAX_HEADER}, shorten it"
        raise ValueError(message)
    return _START.pack(MAGIC, VERSION, len(text)) + text


def pack_record(sender: Sender, kind: Kind, delta: int, payload: Buffer = b"") -> bytes:
    """Return one record as bytes; *payload* is at most `MAX_PAYLOAD` long."""
    data = bytes(payload)
    return _RECORD.pack(sender, kind, len(data), delta) + data


def pack_gap(sender: Sender, delta: int, count: int) -> bytes:
    """Return the record that says that *count* bytes are missing."""
    return pack_record(sender, Kind.GAP, delta, _GAP.pack(count))


class TapeReader:
    """Takes a tape apart, in pieces of any size; does no I/O.

    `feed` it, then take records with `next_record` until that returns None. An error comes at its
    place, after all records before it, and stays.

    Attributes:
        header: The header's object; None until it has come whole.
        offset: Where on the tape the next part begins that has not been taken.
    """

    __slots__ = ("_closed", "_ended", "_error", "_nanos", "_queue", "header", "offset")

    def __init__(self) -> None:
        self.header: dict[str, Any] | None = None
        self.offset = 0
        self._queue = ByteQueue()
        self._nanos = 0
        self._ended: set[int] = set()
        self._closed = False
        self._error: TapeError | None = None

    @property
    def left(self) -> int:
        """How many bytes of an incomplete part are there: not 0 at a tape's end if it was cut."""
        return len(self._queue)

    @property
    def complete(self) -> bool:
        """Whether the tape may end here: after its `Kind.CLOSE`. One that ends elsewhere was cut."""
        return self._closed and not self._queue

    def feed(self, data: Buffer) -> None:
        """Take the next bytes of the tape (a copy)."""
        self._queue.put(data)

    def read_start(self) -> bool:
        """Take the start of the tape, unless that is done; False when more is needed for it.

        Raises:
            TapeError: It is no tape.
        """
        return self._keep_error(lambda: self.header is not None or self._take_start())

    def next_record(self) -> Record | None:
        """Return the next record, or None when more of the tape is needed for it.

        Raises:
            TapeError: The tape is broken here; the message has the offset.
        """
        if not self.read_start():
            return None
        return self._keep_error(self._take_record)

    def _keep_error(self, step: Callable[[], T]) -> T:
        if self._error is not None:
            raise self._error
        try:
            return step()
        except TapeError as error:
            self._error = error
            raise

    def _take_start(self) -> bool:
        start = self._queue.peek(_START.size)
        if not MAGIC.startswith(start[: len(MAGIC)]):
            message = f"it begins with {show_bytes(start[: len(MAGIC)])}, not as a tape does: give a tape"
            raise TapeError(message, 0)
        if len(start) < _START.size:
            return False
        _, version, size = _START.unpack(start)
        if version != VERSION:
            message = f"its version is {version}, known is {VERSION}: use a newer iochan"
            raise TapeError(message, len(MAGIC))
        if size > MAX_HEADER:
            message = f"its header of {size} bytes is over the limit of {MAX_HEADER}: it is no sound tape"
            raise TapeError(message, len(MAGIC) + 2)
        if len(self._queue) < _START.size + size:
            return False
        self._queue.drop(_START.size)
        self.header = _parse_header(self._queue.take(size))
        self.offset = _START.size + size
        return True

    def _take_record(self) -> Record | None:
        head = self._queue.peek(_RECORD.size)
        if len(head) < _RECORD.size:
            return None
        sender, kind, size, delta = _RECORD.unpack(head)
        self._check(sender, kind, size)
        if len(self._queue) < _RECORD.size + size:
            return None
        self._queue.drop(_RECORD.size)
        payload = self._queue.take(size)
        self._nanos += delta
        gap = 0
        if kind == Kind.GAP:
            gap, payload = _GAP.unpack(payload)[0], b""
        elif kind == Kind.EOF:
            self._ended.add(sender)
        elif kind == Kind.CLOSE:
            self._closed = True
        record = Record(Sender(sender), Kind(kind), self._nanos, payload, gap, self.offset)
        self.offset += _RECORD.size + size
        return record

    def _check(self, sender: int, kind: int, size: int) -> None:
        """Refuse what no writer of tapes writes, before anything is made of it."""
        wrong = ""
        if sender not in _SENDERS:
            wrong = f"the sender is {sender}, it must be 97 (a) or 98 (b)"
        elif kind not in _SIZES:
            wrong = f"the kind is {kind}, known are 0 to 3"
        elif not _SIZES[kind][0] <= size <= _SIZES[kind][1]:
            least, most = _SIZES[kind]
            wrong = f"a {Kind(kind).name} record of {size} bytes, it must have {least} to {most}"
        elif self._closed:
            wrong = "a record follows the CLOSE"
        elif sender in self._ended and kind != Kind.CLOSE:
            wrong = f"a {Kind(kind).name} record follows the end of its sender's stream"
        if wrong:
            message = f"{wrong}: the tape is broken from here, what came before is usable"
            raise TapeError(message, self.offset)


_SENDERS: Final = frozenset(Sender)
_SIZES: Final[Mapping[int, tuple[int, int]]] = {
    Kind.DATA: (1, MAX_PAYLOAD),
    Kind.EOF: (0, 0),
    Kind.GAP: (_GAP.size, _GAP.size),
    Kind.CLOSE: (0, 0),
}


def _parse_header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode())
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        message = f"its header {show_bytes(text)} is no JSON object: it is no sound tape"
        raise TapeError(message, _START.size)
    return header
