"""The log of a console: its bytes as they are, or its lines with times and directions."""

from __future__ import annotations

import time
from collections.abc import Callable

from iochan.chardev.outlet import gap_marker
from iochan.chardev.recordfile import RecordFile
from iochan.chardev.records import Records
from iochan.core.errors import show_text

__all__ = ["SENT", "TYPED", "LogFile", "Stamper", "stamp"]

SENT, TYPED = b"<", b">"
"""What stands before the lines of the device, and before those that were typed."""


def stamp(seconds: float) -> bytes:
    """Return the time *seconds* since 1970 as a log has it, in UTC: ``2026-11-23T15:41:45.123Z``."""
    whole, part = divmod(round(seconds * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)).encode() + b".%03dZ" % part


class Stamper:
    """Puts before each line when it began and where it came from; a line goes on only if its source does."""

    def __init__(self) -> None:
        self._open = b""

    def feed(self, data: bytes, source: bytes, seconds: float) -> bytes:
        """Return what *source* sent at the time *seconds*, as it stands in a log."""
        head = stamp(seconds) + b" " + source + b" "
        start = b"" if self._open == source else b"\n" + head if self._open else head
        ends = data.endswith(b"\n")
        self._open = b"" if ends else source
        body = data[:-1] if ends else data
        return start + body.replace(b"\n", b"\n" + head) + (b"\n" if ends else b"")


class LogFile:
    """Keeps what a console's device sent and, if asked, what was typed.

    Without times the file has the device's bytes as they are (QEMU's ``logfile``). With them each line begins
    with the time at which it began, and ``<`` for what the device sent or ``>`` and a name for what was typed
    (``logtimestamp`` of QEMU has the time alone).

    Args:
        records: What to keep, and where.
        now: Returns the time, in seconds since 1970.

    Raises:
        ChannelError: The file cannot be opened.
    """

    def __init__(self, records: Records, now: Callable[[], float] = time.time) -> None:
        self._records = records
        self._now = now
        self._stamper = Stamper()
        self._file = RecordFile(records.logfile, gap_marker, append=records.append)

    @property
    def state(self) -> str:
        """See `Tap.state`."""
        return f"log {self._file.state}"

    def output(self, data: bytes) -> None:
        """See `Tap.output`."""
        self._add(data, SENT)

    def input(self, data: bytes, who: str) -> None:
        """See `Tap.input`."""
        if self._records.typed and self._records.timestamp:
            self._add(data, TYPED + b" " + show_text(who).encode())

    def resize(self, rows: int, columns: int) -> None:
        """See `Tap.resize`: a log is no terminal."""

    def close(self) -> None:
        """See `Tap.close`."""
        self._file.close()

    def _add(self, data: bytes, source: bytes) -> None:
        record = self._stamper.feed(data, source, self._now()) if self._records.timestamp else data
        if not self._file.write(record, len(data)):
            # The next line's beginning may be among what is missing.
            self._stamper = Stamper()
        limit = self._records.rotate
        if limit and self._file.size >= limit and data.endswith(b"\n"):
            self._file.rotate(self._records.keep)
