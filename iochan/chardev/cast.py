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
                raw = self._event("b", base64.b64encode(data).decode())
        if data:
            self._file.write(raw + self._event("o", text), len(data))

    def input(self, data: bytes, who: str) -> None:  # noqa: ARG002 - a Tap gets both
        """See `Tap.input`."""
        if self._typed:
            self._file.write(self._event("i", data.decode(errors="replace")), 0)

    def resize(self, rows: int, columns: int) -> None:
        """See `Tap.resize`."""
        self._file.write(self._event("r", f"{columns}x{rows}"), 0)

    def close(self) -> None:
        """See `Tap.close`."""
        tail, self._tail = self._tail, b""
        if tail:
            raw = self._event("b", base64.b64encode(tail).decode())
            self._file.write(raw + self._event("o", tail.decode(errors="replace")), len(tail))
        self._file.close()

    def _event(self, code: str, text: str) -> bytes:
        now = clock.now()
        since = self._last if self._relative else self._start
        self._last = now
        return json.dumps([round(max(0.0, now - since), 6), code, text]).encode() + b"\n"

    def _mark_gap(self, count: int) -> bytes:
        return self._event("m", f"{count} bytes missing")
