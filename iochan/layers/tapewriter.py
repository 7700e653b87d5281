"""Writing a tape, to a file or to a channel."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Final

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, gather
from iochan.core.channel import Channel
from iochan.core.errors import ChannelBrokenError, IochanError
from iochan.core.op import Op, run
from iochan.layers.tape import MAX_PAYLOAD, Kind, Sender, pack_gap, pack_record, pack_start

__all__ = ["BUFFER_SIZE", "TapeWriter"]

BUFFER_SIZE: Final = 65536
"""From this many bytes on, what was added is written; `TapeWriter.flush` does so at once."""

_MODE: Final = 0o600


class TapeWriter:
    """Makes a tape, from now on; any thread may add to it.

    What was added is gathered, so a program that is killed leaves a tape that lacks its end; every
    whole record of it is usable.

    Args:
        target: A path, whose file is made anew and readable for its owner only (what passed may
            be secret), or a channel, owned from now on.
        header: What else to keep in the header, as JSON.

    Attributes:
        name: What messages call the tape.
        error: What ended the writing; None while it goes on.
    """

    __slots__ = ("_buffer", "_channel", "_fd", "_last", "_lock", "error", "name")

    def __init__(
        self, target: str | os.PathLike[str] | Channel, header: Mapping[str, object] | None = None
    ) -> None:
        start = pack_start(header or {})
        self.error: ChannelBrokenError | None = None
        self._channel: Channel | None = None
        self._fd = -1
        if isinstance(target, Channel):
            self._channel = target
            self.name = f"tape {target.name}"
        else:
            self.name = f"tape {Path(target)}"
            try:
                self._fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
            except OSError as error:
                raise self._failure("opening", error) from error
        self._buffer = bytearray(start)
        self._last = clock.now()
        self._lock = Lock()

    @property
    def full(self) -> bool:
        """Whether `push` has to come before anything is added."""
        return len(self._buffer) >= BUFFER_SIZE

    def add(self, sender: Sender, kind: Kind, views: Views = (), count: int = 0) -> None:
        """Add what *sender* did; of `Kind.DATA` the first *count* bytes of *views*.

        It never fails, and after an `error` it does nothing: `push` is what raises.
        """
        if self.error is not None:
            return
        with self._lock:
            if kind is not Kind.DATA:
                self._buffer += pack_record(sender, kind, self._delta())
                return
            data = memoryview(gather(views, count))
            for start in range(0, len(data), MAX_PAYLOAD):
                piece = data[start : start + MAX_PAYLOAD]
                self._buffer += pack_record(sender, kind, self._delta(), piece)

    def add_gap(self, sender: Sender, count: int) -> None:
        """Add that *count* bytes of *sender* are not on the tape; as `add` otherwise."""
        if self.error is not None:
            return
        with self._lock:
            self._buffer += pack_gap(sender, self._delta(), count)

    def _delta(self) -> int:
        now = clock.now()
        delta = max(0, round((now - self._last) * 1e9))
        self._last = now
        return delta

    def push(self) -> Blocked | None:
        """Write what was gathered, without waiting; None when all is written.

        Raises:
            ChannelBrokenError: The tape cannot be written any more; what was gathered is dropped.
        """
        if self.error is not None:
            raise self.error
        with self._lock:
            while self._buffer:
                put = self._try_write()
                if isinstance(put, Blocked):
                    return put
                del self._buffer[:put]
        return None if self._channel is None else self._channel.try_flush()

    def _try_write(self) -> int | Blocked:
        try:
            if self._channel is not None:
                return self._channel.try_write(bytes(self._buffer))
            return os.write(self._fd, self._buffer)
        except (OSError, IochanError) as error:
            self._buffer.clear()
            self.error = self._failure("writing", error)
            raise self.error from error

    def _failure(self, doing: str, error: Exception) -> ChannelBrokenError:
        reason = (error.strerror or "") if isinstance(error, OSError) else ""
        text = reason.lower() or str(error)
        return ChannelBrokenError(f"{self.name}: {doing} it failed: {text}; free some room or use another")

    def flush(self) -> None:
        """Write what was gathered, and wait until it is written."""
        run(self.flush_op())

    def flush_op(self) -> Op[None]:
        """The operation of `flush`."""
        while (stuck := self.push()) is not None:
            yield stuck

    def farewell_op(self) -> Op[None]:
        """Do what comes before `close` and may wait: `flush_op`, and the farewell of a channel."""
        yield from self.flush_op()
        if self._channel is not None:
            yield from self._channel.farewell_op()

    def close(self) -> None:
        """Write what was gathered as far as that needs no waiting, and close; a second call does nothing.

        Raises:
            ChannelBrokenError: Some of it could not be written; the tape is closed nevertheless.
        """
        try:
            if self._buffer:
                self.push()
        finally:
            self._buffer.clear()
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
            if self._channel is not None:
                self._channel.abort()
