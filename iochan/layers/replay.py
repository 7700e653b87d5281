"""One side of a recorded conversation, played again."""

from __future__ import annotations

import math
import os
from typing import Final, NoReturn

from typing_extensions import override

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, scatter
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import TruncatedError, show_bytes
from iochan.core.fd import FdBox
from iochan.core.feature import Feature, ReadFlag
from iochan.core.op import Op
from iochan.layers.errors import ReplayMismatch, TapeError
from iochan.layers.tape import Kind, Record, Sender
from iochan.layers.tapefile import TapeFile

__all__ = ["ReplayChannel"]

_RELAXED: Final = ReadFlag.RELAXED_EOF


class _Part:
    """What one sender sent: the place on the tape, and what is left of the record there."""

    __slots__ = ("_file", "_sender", "cut", "ended", "gap", "left", "nanos", "offset", "tape_offset")

    def __init__(self, file: TapeFile, sender: Sender) -> None:
        self._file = file
        self._sender = sender
        self.left = memoryview(b"")
        self.gap = 0
        self.nanos = 0
        self.offset = 0
        self.tape_offset = 0
        self.ended = False
        self.cut = False

    def find(self) -> None:
        """Go to the next record, unless something is left of this one or the sender ended."""
        while not (self.left or self.gap or self.ended):
            record = next(self._file, None)
            if record is None:
                self.ended = True
                self.cut = self._file.cut
            elif record.sender == self._sender or record.kind is Kind.CLOSE:
                self._enter(record)

    def _enter(self, record: Record) -> None:
        self.nanos = record.nanos
        self.tape_offset = record.offset
        self.left = memoryview(record.payload)
        self.gap = record.gap
        self.ended = record.kind is Kind.EOF or record.kind is Kind.CLOSE

    def drop(self, count: int) -> None:
        """Count *count* bytes of the record as done."""
        self.offset += count
        if self.gap:
            self.gap -= count
        else:
            self.left = self.left[count:]

    def close(self) -> None:
        self._file.close()


class ReplayChannel(Channel):
    """Plays *side* of a tape: reads give what it sent then, writes are compared with what it got.

    Reads follow the tape's times, from the making of the channel on, whatever is written. At the
    end of the tape they are at the end of the stream, or raise `TruncatedError` if the tape is cut.
    A gap in what the side sent cannot be played (`TapeError`); one in what it got fits everything.

    Args:
        tape: The path of a tape, or a tape's bytes. It is read on the way, not kept in memory.
        speed: 2.0 plays twice as fast; `math.inf` plays all at once.
        side: "b" plays the peer, for the program that recorded; "a" plays that program.
        compare: Whether writes that differ from the tape raise `ReplayMismatch`; else they are ignored.
        name: What messages call the channel.
    """

    __slots__ = ("_compare", "_got", "_played", "_speed", "_start", "features")

    def __init__(
        self,
        tape: str | os.PathLike[str] | bytes,
        speed: float = math.inf,
        side: str = "b",
        *,
        compare: bool = True,
        name: str = "replay",
    ) -> None:
        if not speed > 0:
            message = f"a replay at speed {speed}: it must be more than 0"
            raise ValueError(message)
        if side not in {"a", "b"}:
            message = f"a replay of side {side!r}: it must be 'a' or 'b'"
            raise ValueError(message)
        super().__init__(name)
        self.features = Feature.CONCURRENT | Feature.HALF_CLOSE
        played, got = (Sender.A, Sender.B) if side == "a" else (Sender.B, Sender.A)
        # Each direction reads the tape for itself: how far they are apart costs no memory.
        self._played = _Part(TapeFile(tape), played)
        self._got = _Part(TapeFile(tape), got)
        self._compare = compare
        self._speed = speed
        self._start = clock.now()

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        part = self._played
        part.find()
        due = self._start + part.nanos / 1e9 / self._speed
        if due > clock.now():
            return Blocked(deadline=due)
        if part.left:
            done = scatter(part.left, views)
            part.drop(done)
            return done
        if part.gap:
            message = f"{part.gap} bytes are missing from what is played: it cannot be played on"
            raise TapeError(message, part.tape_offset)
        if part.cut and not flags & _RELAXED:
            message = f"{self.name}: the tape ends at byte {part.offset} of what is played, without a close"
            raise TruncatedError(message)
        return 0

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        view = views[0]
        part = self._got
        if not self._compare:
            return len(view)
        done = 0
        while done < len(view):
            part.find()
            if part.gap:
                size = min(part.gap, len(view) - done)
            elif part.left:
                size = min(len(part.left), len(view) - done)
                self._compare_with(part.left[:size], view[done : done + size])
            else:
                self._refuse_more(view[done:])
            part.drop(size)
            done += size
        return done

    def _compare_with(self, expected: memoryview, got: memoryview) -> None:
        if expected == got:
            return
        pairs = zip(expected, got, strict=True)
        place = next(index for index, (one, other) in enumerate(pairs) if one != other)
        offset = self._got.offset + place
        message = (
            f"{self.name}: byte {offset} of what was written differs from the tape: "
            f"expected {show_bytes(expected[place:])}, got {show_bytes(got[place:])}"
        )
        raise ReplayMismatch(message, offset)

    def _refuse_more(self, got: memoryview) -> NoReturn:
        offset = self._got.offset
        if self._got.cut:
            message = f"{self.name}: the tape is cut after byte {offset} of what was written"
            raise TruncatedError(message)
        message = (
            f"{self.name}: byte {offset} of what was written differs from the tape: "
            f"expected the end, got {show_bytes(got)}"
        )
        raise ReplayMismatch(message, offset)

    @override
    def end_writing_op(self) -> Op[None]:
        yield from ()
        part = self._got
        part.find()
        if self._compare and part.left:
            message = (
                f"{self.name}: the writing ended at byte {part.offset}, where the tape has "
                f"{show_bytes(part.left)}"
            )
            raise ReplayMismatch(message, part.offset)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if Condition.OUT in condition:
            return Condition.OUT
        self._played.find()
        due = self._start + self._played.nanos / 1e9 / self._speed
        return Blocked(deadline=due) if due > clock.now() else condition

    @override
    def do_close(self) -> None:
        self._played.close()
        self._got.close()
