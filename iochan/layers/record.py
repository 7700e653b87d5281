"""Keeping what passes, with its times: a tape that can be looked at and played again."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

from iochan.address.value import Switch, as_switch
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelError
from iochan.core.fd import FdBox
from iochan.core.layer import Layer
from iochan.core.op import Op
from iochan.layers.tape import Kind, Sender
from iochan.layers.tapewriter import TapeWriter

__all__ = ["RecordLayer", "record"]

_LOGGER: Final = logging.getLogger("iochan.record")


class RecordLayer(Layer):
    """Records both directions on *tape*.

    Args:
        lower: The channel below, owned from now on.
        tape: Where to; owned from now on.
        strict: A tape that cannot be written breaks the channel: the next call raises. Otherwise
            the recording stops, a warning is logged (``iochan.record``), and the tape's
            `TapeWriter.error` says why.
        drop: Where the tape is a channel without room, leave a gap; otherwise the traffic waits.
        name: What messages call the layer.
    """

    __slots__ = ("_drop", "_ended", "_gaps", "_reported", "_strict", "tape")

    def __init__(
        self,
        lower: Channel,
        tape: TapeWriter,
        *,
        strict: bool = False,
        drop: bool = False,
        name: str = "record",
    ) -> None:
        super().__init__(lower, name)
        self.tape = tape
        self._strict = strict
        self._drop = drop
        self._reported = False
        self._ended: set[tuple[Sender, Kind]] = set()
        self._gaps = {Sender.A: 0, Sender.B: 0}

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if self.tape.full or self.tape.error is not None:
            stuck = self._make_room()
            if stuck is not None:
                return stuck
        got = self._lower.try_readv(views, None, flags)
        if not isinstance(got, Blocked):
            if got:
                self._note(Sender.B, views, got)
            else:
                self._note_once(Sender.B, Kind.EOF)
        return got

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if self.tape.full or self.tape.error is not None:
            stuck = self._make_room()
            if stuck is not None:
                return stuck
        put = self._lower.try_writev(views, (), flags)
        if not isinstance(put, Blocked):
            self._note(Sender.A, views, put)
        return put

    def _make_room(self) -> Blocked | None:
        """Write the tape; what it waits for is returned only where the traffic has to wait as well."""
        try:
            stuck = self.tape.push()
        except ChannelError as error:
            self._report(error)
            if self._strict:
                raise
            return None
        return None if self._drop or not self.tape.full else stuck

    def _report(self, error: ChannelError) -> None:
        if not self._reported:
            self._reported = True
            _LOGGER.warning("recording of %s stopped: %s", self._lower.name, error)

    def _note(self, sender: Sender, views: Views, count: int) -> None:
        if self._drop and self.tape.full:
            self._gaps[sender] += count
            return
        self._note_gap(sender)
        self.tape.add(sender, Kind.DATA, views, count)

    def _note_gap(self, sender: Sender) -> None:
        gap, self._gaps[sender] = self._gaps[sender], 0
        if gap:
            self.tape.add_gap(sender, gap)

    def _note_once(self, sender: Sender, kind: Kind) -> None:
        if (sender, kind) not in self._ended:
            self._ended.add((sender, kind))
            self._note_gap(sender)
            self.tape.add(sender, kind)

    def _note_close(self) -> None:
        if (Sender.A, Kind.CLOSE) not in self._ended:
            # Behind the end of a stream there is no place for a gap, and none to tell of.
            self._note_gap(Sender.B)
            self._note_once(Sender.A, Kind.CLOSE)

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if self.tape.full and self.tape.error is None:
            try:
                stuck = self._make_room()
            except ChannelError:
                # For the read or write that comes next.
                return condition
            if stuck is not None:
                return stuck
        return self._lower.ready(condition)

    @override
    def end_writing_op(self) -> Op[None]:
        yield from self._lower.end_writing_op()
        self._note_once(Sender.A, Kind.EOF)

    @override
    def farewell_op(self) -> Op[None]:
        yield from self._lower.farewell_op()
        self._note_close()
        try:
            yield from self.tape.farewell_op()
        except ChannelError as error:
            self._report(error)
            if self._strict:
                raise

    @override
    def do_close(self) -> None:
        self._note_close()
        try:
            self.tape.close()
        except ChannelError as error:
            self._report(error)
        finally:
            super().do_close()


def record(channel: Channel, *, path: str, strict: Switch = False) -> RecordLayer:
    """Put a `RecordLayer` on *channel*; ``record.path`` and ``record.strict`` in an address."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    breaks = as_switch("record.strict", strict)
    tape = TapeWriter(path, {"created": created, "channel": str(channel)})
    return RecordLayer(channel, tape, strict=breaks)
