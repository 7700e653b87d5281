"""Reading asciicasts, versions 2 and 3, event by event."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from typing_extensions import override

from iochan.chardev.errors import CastError
from iochan.core.errors import show_bytes, show_text

__all__ = ["MAX_LINE", "CastEvent", "CastFile"]

MAX_LINE: Final = 4 << 20
"""Bytes of one line: what is read at once."""

MAX_SIDE: Final = 10_000
"""Rows or columns of a terminal."""


@dataclass(frozen=True, slots=True)
class CastEvent:
    """What happened.

    Attributes:
        seconds: When, from the beginning.
        code: ``o`` output, ``i`` input, ``r`` resize, ``m`` marker, ``x`` exit; others may come.
        data: The output's or input's bytes, or the text that others have, encoded.
    """

    seconds: float
    code: str
    data: bytes


class CastFile(Iterator[CastEvent]):
    """Gives the events of an asciicast, without a last line that is cut off, as that of a killed program is.

    Args:
        file: The file, open for bytes; stays the caller's.

    Raises:
        CastError: It does not begin as an asciicast does; later, from ``next()``, it is broken there.

    Attributes:
        header: The header's object.
        version: 2 or 3.
        columns: The width of the terminal.
        rows: Its height.
        line: The number of the line that was read last.
        cut: Whether a last line was left out.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.line = 0
        self.cut = False
        self._whole = True
        self._seconds = 0.0
        self._raw: bytes | None = None
        self.header = self._read_header()
        self.version: int = self.header["version"]
        size = self.header if self.version == 2 else self.header.get("term")
        names = ("width", "height") if self.version == 2 else ("cols", "rows")
        self.columns, self.rows = (self._side(size, name) for name in names)

    @override
    def __next__(self) -> CastEvent:
        while True:
            line = self._read_line()
            if line is None:
                raise StopIteration
            if not line or (self.version == 3 and line.startswith(b"#")):
                continue
            try:
                event = self._event(self._parse(line))
            except CastError:
                if not self._whole:
                    self.cut = True
                    raise StopIteration from None
                raise
            if event is not None:
                return event

    def _read_line(self) -> bytes | None:
        """Return the next line; None at the end."""
        line = self._file.readline(MAX_LINE + 1)
        if not line:
            return None
        self.line += 1
        self._whole = line.endswith(b"\n")
        if not self._whole and len(line) > MAX_LINE:
            raise CastError(f"longer than {MAX_LINE} bytes: it is no asciicast", self.line)
        return line.strip()

    def _parse(self, line: bytes) -> Any:  # noqa: ANN401 - whatever it holds
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            message = f"{show_bytes(line)} is no JSON: repair the line, or cut the file before it"
            raise CastError(message, self.line) from None

    def _read_header(self) -> dict[str, Any]:
        line = self._read_line()
        header = None if line is None else self._parse(line)
        if not isinstance(header, dict):
            raise CastError("no header: the first line of an asciicast is a JSON object", max(1, self.line))
        if header.get("version") not in (2, 3) or isinstance(header["version"], float):
            shown = show_text(str(header.get("version")))
            raise CastError(f"version {shown}: only 2 and 3 can be read; convert it", self.line)
        return header

    def _side(self, size: object, name: str) -> int:
        side = size.get(name) if isinstance(size, dict) else None
        if type(side) is not int or not 1 <= side <= MAX_SIDE:
            raise CastError(f"{name} is no number from 1 to {MAX_SIDE}: mend the header", self.line)
        return side

    def _event(self, value: object) -> CastEvent | None:
        if not isinstance(value, list) or len(value) != 3:
            raise CastError("no event: write [seconds, code, text]", self.line)
        seconds, code, text = value
        if type(seconds) not in (int, float) or not 0 <= seconds < math.inf or seconds > 1e12:
            raise CastError(f"time {show_text(str(seconds))}: write seconds, 0 or more", self.line)
        if not isinstance(code, str) or not isinstance(text, str):
            raise CastError("code and text are no text: write [seconds, code, text]", self.line)
        self._seconds = self._seconds + seconds if self.version == 3 else float(seconds)
        if code == "b":
            self._raw = self._decode(text)
            return None
        data = text.encode(errors="surrogatepass")
        if code == "o" and self._raw is not None:
            data, self._raw = self._raw, None
        return CastEvent(self._seconds, code, data)

    def _decode(self, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise CastError("the bytes of an event are no base64: remove the line", self.line) from None
