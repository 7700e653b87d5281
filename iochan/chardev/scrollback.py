"""The latest bytes of a device, for those who come later."""

from __future__ import annotations

__all__ = ["DEFAULT_SCROLLBACK", "Scrollback"]

DEFAULT_SCROLLBACK = 65536
"""Bytes kept, unless told otherwise; QEMU's ``ringbuf`` keeps as many."""


class Scrollback:
    """Keeps the last *size* bytes of what it is given; 0 keeps nothing."""

    __slots__ = ("_cut", "_data", "_whole", "size")

    def __init__(self, size: int = DEFAULT_SCROLLBACK) -> None:
        self.size = size
        self._data = bytearray()
        self._whole = b""
        self._cut = False

    def put(self, data: bytes) -> None:
        """Append *data*; what is too old goes."""
        kept = self._data
        if self.size and len(data) >= self.size:
            # A device at full speed: nothing older is left, and the piece need not be copied yet.
            self._cut = self._cut or bool(kept or self._whole) or len(data) > self.size
            self._whole = data if len(data) <= 2 * self.size else data[-self.size :]
            kept.clear()
            return
        if self._whole:
            kept += self._whole[-self.size :]
            self._whole = b""
        kept += data
        # Twice the size before anything is moved: the cost of a byte stays the same however small the pieces.
        if len(kept) > 2 * self.size:
            del kept[: len(kept) - self.size]
            self._cut = True

    def read(self) -> bytes:
        """Return what is kept: whole lines, if there are any and older bytes are gone."""
        if not self.size:
            return b""
        kept = self._whole or self._data
        start = max(0, len(kept) - self.size)
        if start or self._cut:
            # The middle of a line may be the middle of a character or of an escape sequence.
            newline = kept.find(b"\n", start)
            start = newline + 1 if 0 <= newline < len(kept) - 1 else start
        return bytes(kept[start:])
