"""Writing asciicasts, versions 2 and 3 (docs.asciinema.org/manual/asciicast).

An asciicast holds text. Where a device sends bytes that are none, an event of our own kind goes before: ``b``
with the bytes in base64, which players pass over as they do with every kind that they do not know. The text
of the event behind it is what can be shown of them.
"""

from __future__ import annotations

import base64
import json
import time

from iochan.chardev.recordfile import RecordFile
from iochan.core import clock

__all__ = ["CastWriter"]


class CastWriter:
    """Makes an asciicast of a console, from now on.

    Args:
        path: Where; a file that is there is replaced.
        version: 2 or 3.
        size: The rows and columns of the terminal.
        typed: Whether to keep what is typed.
        title: What players show; empty for nothing.

    Raises:
        ChannelError: The file cannot be opened.
    """

    def __init__(
        self,
        path: str,
        *,
        version: int = 2,
        size: tuple[int, int] = (24, 80),
        typed: bool = False,
        title: str = "",
    ) -> None:
        self._relative = version == 3
        self._typed = typed
        self._start = self._last = clock.now()
        self._tail = b""
        self._file = RecordFile(path, self._mark_gap)
        rows, columns = size
        terminal: dict[str, object] = {"width": columns, "height": rows}
        if self._relative:
            terminal = {"term": {"cols": columns, "rows": rows, "type": "xterm-256color"}}
        header = {"version": version, **terminal, "timestamp": int(time.time())}
        if title:
            header["title"] = title
        self._file.write(json.dumps(header).encode() + b"\n", 0)

    @property
    def state(self) -> str:
        """See `Tap.state`."""
        return f"asciicast {self._file.state}"

    def output(self, data: bytes) -> None:
        """See `Tap.output`."""
        data = self._tail + data
        self._tail = b""
        raw = b""
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            if error.end == len(data) and error.reason == "unexpected end of data":
                # The rest of the character may come yet.
                self._tail = data[error.start :]
                data = data[: error.start]
                text = data.decode()
            else:
                text = data.decode(errors="replace")
                raw = data
        if data:
            self._write("o", text, len(data), raw)

    def input(self, data: bytes, who: str) -> None:  # noqa: ARG002 - a Tap gets both
        """See `Tap.input`."""
        if self._typed:
            self._write("i", data.decode(errors="replace"))

    def resize(self, rows: int, columns: int) -> None:
        """See `Tap.resize`."""
        self._write("r", f"{columns}x{rows}")

    def close(self) -> None:
        """See `Tap.close`."""
        tail, self._tail = self._tail, b""
        if tail:
            self._write("o", tail.decode(errors="replace"), len(tail), tail)
        self._file.close()

    def _write(self, code: str, text: str, count: int = 0, raw: bytes = b"") -> None:
        """Write an event; before one whose text is not all of it stands what it was, *raw*."""
        before, self._last = self._last, clock.now()
        record = self._event(code, text, before)
        if raw:
            first = self._event("b", base64.b64encode(raw).decode(), before)
            record = first + self._event(code, text, self._last)
        if not self._file.write(record, count):
            # The next event counts from the last one that is in the file.
            self._last = before

    def _event(self, code: str, text: str, before: float) -> bytes:
        """Return an event that happens now, *before* being the time of the one before it."""
        since = before if self._relative else self._start
        return json.dumps([round(max(0.0, self._last - since), 6), code, text]).encode() + b"\n"

    def _mark_gap(self, count: int) -> bytes:
        # It is written before an event that has its own time already.
        return self._event("m", f"{count} bytes missing", self._last)
