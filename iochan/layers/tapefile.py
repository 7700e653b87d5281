"""Reading a tape from a file, record by record."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from typing_extensions import override

from iochan.core.errors import ChannelError
from iochan.layers.errors import TapeError
from iochan.layers.tape import Record, TapeReader

__all__ = ["TapeFile"]

CHUNK: Final = 65536
"""How much of the file is read at once: more than this and one record is never in memory."""


class TapeFile(Iterator[Record]):
    """Gives the records of a tape one by one; a ``with`` block closes it.

    At the end of the tape, `cut` tells whether the tape lacks its own end, as that of a program
    that was killed does. All that came before is good.

    Args:
        tape: The path of a tape, or a tape's bytes.

    Raises:
        TapeError: It does not begin as a tape does; later, from ``next()``, it is broken there.
        ChannelError: The file cannot be opened.

    Attributes:
        name: What messages call the tape.
        header: The header's object.
    """

    __slots__ = ("_file", "_reader", "header", "name")

    def __init__(self, tape: str | os.PathLike[str] | bytes) -> None:
        self._reader = TapeReader()
        self._file: BinaryIO
        if isinstance(tape, bytes):
            self.name = "tape in memory"
            self._file = io.BytesIO(tape)
        else:
            self.name = f"tape {Path(tape)}"
            try:
                self._file = Path(tape).open("rb", buffering=0)  # noqa: SIM115 - kept, closed by close()
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                message = f"{self.name} cannot be opened: {reason}; give the path of a tape"
                raise ChannelError(message) from error
        try:
            self.header = self._read_header()
        except BaseException:
            self._file.close()
            raise

    def _read_header(self) -> dict[str, Any]:
        reader = self._reader
        while reader.header is None:
            data = self._file.read(CHUNK)
            if not data:
                message = f"{self.name} ends in its header: it is no tape, or nothing was recorded"
                raise TapeError(message, reader.left)
            reader.feed(data)
            reader.read_start()
        return reader.header

    @override
    def __next__(self) -> Record:
        while (record := self._reader.next_record()) is None:
            data = self._file.read(CHUNK)
            if not data:
                raise StopIteration
            self._reader.feed(data)
        return record

    @property
    def cut(self) -> bool:
        """Whether the tape lacks its end, as far as it has been read."""
        return not self._reader.complete

    @property
    def offset(self) -> int:
        """Where on the tape the next record begins, or the incomplete last one."""
        return self._reader.offset

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
