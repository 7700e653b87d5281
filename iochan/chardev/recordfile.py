"""A file that records are written to: whole or not at all, whatever happens to the disk."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path

from iochan.core import clock
from iochan.core.errors import ChannelError

__all__ = ["RETRY_SECONDS", "RecordFile"]

RETRY_SECONDS = 5.0
"""How long a file that could not be written is left alone."""

_MODE = 0o600
_log = logging.getLogger("iochan.chardev")


class RecordFile:
    """Writes records, each at once and as a whole, so that a file is good up to its last record always.

    When one cannot be written (a full disk) it is left out, and so are those of the next
    `RETRY_SECONDS`; when there is room again, what *gap* returns for the number of bytes that are missing
    is written first.

    Args:
        path: Where; readable for its owner only when it is made, as what passes a console may be secret.
        gap: Returns the record that stands for so many missing bytes.
        append: Whether to go on with a file that is there.

    Raises:
        ChannelError: It cannot be opened.

    Attributes:
        path: See above.
        size: Bytes in the file.
        missing: Bytes that were left out.
        error: Why nothing can be written now; None while it can.
    """

    def __init__(self, path: str, gap: Callable[[int], bytes], *, append: bool = False) -> None:
        self.path = Path(path)
        self._gap = gap
        self._owed = 0
        self._retry = 0.0
        self._fd = -1
        self.size = self.missing = 0
        self.error: str | None = None
        self._open(os.O_APPEND if append else os.O_TRUNC)

    @property
    def state(self) -> str:
        """Where it is, how long, and what went wrong, in words."""
        bad = "" if self.error is None else f", not written now: {self.error}"
        gone = f", {self.missing} bytes missing" if self.missing else ""
        return f"{self.path}, {self.size} bytes{gone}{bad}"

    def write(self, record: bytes, count: int) -> bool:
        """Write *record*, which stands for *count* bytes of the console; return whether it is in the file."""
        if self.error is not None and clock.now() < self._retry:
            self._leave_out(count)
            return False
        if self._owed:
            record = self._gap(self._owed) + record
        try:
            if self._fd < 0:
                self._fd = self._open_file(os.O_APPEND)
                self.size = os.fstat(self._fd).st_size
            self._write_all(record)
        except OSError as error:
            self._fail(error)
            self._leave_out(count)
            return False
        self.size += len(record)
        self._owed = 0
        if self.error is not None:
            self.error = None
            _log.warning("%s: written again, %d bytes are missing", self.path, self.missing)
        return True

    def rotate(self, keep: int) -> None:
        """Begin a new file; the one so far gets the number 1, and those before it one more, up to *keep*."""
        try:
            for number in range(keep - 1, 0, -1):
                if self._numbered(number).exists():
                    self._numbered(number).replace(self._numbered(number + 1))
            if keep:
                self.path.replace(self._numbered(1))
            self.close()
            self._open(os.O_TRUNC)
        except (OSError, ChannelError) as error:
            _log.warning("%s: cannot be moved away: %s", self.path, error)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _open(self, flag: int) -> None:
        try:
            self._fd = self._open_file(flag)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            message = f"{self.path} cannot be written: {reason}: name a file in a directory that is yours"
            raise ChannelError(message) from error
        self.size = os.fstat(self._fd).st_size

    def _open_file(self, flag: int) -> int:
        # A pipe that nobody reads, or reads slowly, is an error: a record waits for nobody.
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | flag
        return os.open(self.path, flags, _MODE)

    def _write_all(self, record: bytes) -> None:
        left = memoryview(record)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            # The beginning of a record is none.
            if len(left) < len(record) and stat.S_ISREG(os.fstat(self._fd).st_mode):
                os.ftruncate(self._fd, self.size)
                os.lseek(self._fd, self.size, os.SEEK_SET)
            raise

    def _fail(self, error: OSError) -> None:
        self._retry = clock.now() + RETRY_SECONDS
        reason = (error.strerror or str(error)).lower()
        if self.error is None:
            _log.warning("%s: cannot be written: %s; free some room", self.path, reason)
        self.error = reason

    def _leave_out(self, count: int) -> None:
        self._owed += count
        self.missing += count

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
