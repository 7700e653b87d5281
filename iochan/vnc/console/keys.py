"""What a terminal sends for a key: keysyms in, bytes out, as xterm does it."""

from __future__ import annotations

from typing import Final

__all__ = ["Keyboard"]

_CONTROL: Final = frozenset({0xFFE3, 0xFFE4})
_SHIFT: Final = frozenset({0xFFE1, 0xFFE2})
_ALT: Final = frozenset({0xFFE7, 0xFFE8, 0xFFE9, 0xFFEA})
_MODIFIERS: Final = _CONTROL | _SHIFT | _ALT

_PLAIN: Final = {
    0xFF08: b"\x7f", 0xFF09: b"\t", 0xFF0A: b"\n", 0xFF0D: b"\r", 0xFF1B: b"\x1b",
    0xFF8D: b"\r", 0xFE20: b"\x1b[Z",
}  # fmt: skip
"""Keys that send the same in every mode."""

_CURSOR: Final = {
    0xFF50: b"H", 0xFF51: b"D", 0xFF52: b"A", 0xFF53: b"C", 0xFF54: b"B", 0xFF57: b"F",
    0xFF95: b"H", 0xFF96: b"D", 0xFF97: b"A", 0xFF98: b"C", 0xFF99: b"B", 0xFF9C: b"F",
}  # fmt: skip
"""Keys that the application cursor mode (DECCKM) changes: ``CSI x`` or ``SS3 x``."""

_PF: Final = {0xFFBE: b"P", 0xFFBF: b"Q", 0xFFC0: b"R", 0xFFC1: b"S"}
"""F1 to F4, which VT100 sends as ``SS3 x``."""

_TILDE: Final = {
    0xFF63: 2, 0xFFFF: 3, 0xFF55: 5, 0xFF56: 6, 0xFF9E: 2, 0xFF9F: 3, 0xFF9A: 5, 0xFF9B: 6,
    0xFFC2: 15, 0xFFC3: 17, 0xFFC4: 18, 0xFFC5: 19, 0xFFC6: 20, 0xFFC7: 21, 0xFFC8: 23, 0xFFC9: 24,
}  # fmt: skip
"""Keys that send ``CSI n ~``: Insert, Delete, Page Up, Page Down, and F5 to F12."""

_UNICODE: Final = 0x0100_0000
"""What a keysym for a character outside Latin-1 has added to it."""


class Keyboard:
    """Turns presses and releases of keys into what the program on a terminal reads."""

    def __init__(self) -> None:
        self._down: set[int] = set()

    @property
    def shift(self) -> bool:
        """Whether a shift key is down."""
        return bool(self._held(_SHIFT))

    def key(self, keysym: int, *, down: bool, application: bool = False) -> bytes:
        """Return what the terminal sends when a key goes *down* or up; nothing for keys it does not know.

        Args:
            keysym: X's name of the key.
            down: Whether it was pressed; a key that repeats is pressed again.
            application: Whether the program has asked for the application cursor mode.
        """
        if keysym in _MODIFIERS:
            (self._down.add if down else self._down.discard)(keysym)
            return b""
        if not down:
            return b""
        return self._special(keysym, application=application) or self._character(keysym)

    def release(self) -> None:
        """Take all modifiers for up, as when whoever held them is gone."""
        self._down.clear()

    def _special(self, keysym: int, *, application: bool) -> bytes:
        modifier = 1 + self._held(_SHIFT) + 2 * self._held(_ALT) + 4 * self._held(_CONTROL)
        if keysym == 0xFF09 and self._held(_SHIFT):
            return _PLAIN[0xFE20]
        if keysym in _PLAIN:
            return b"\x1b" * self._held(_ALT) + _PLAIN[keysym]
        if keysym in _TILDE:
            more = b";%d" % modifier if modifier > 1 else b""
            return b"\x1b[%d%s~" % (_TILDE[keysym], more)
        final = _CURSOR.get(keysym) or _PF.get(keysym)
        if final is None:
            return b""
        alone = b"\x1bO" if application or keysym in _PF else b"\x1b["
        return (b"\x1b[1;%d" % modifier if modifier > 1 else alone) + final

    def _character(self, keysym: int) -> bytes:
        if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
            point = keysym
        elif 0xFFAA <= keysym <= 0xFFB9:
            point = keysym - 0xFF80  # the number block's keys are ASCII with an offset
        elif _UNICODE + 0x100 <= keysym <= _UNICODE + 0x10FFFF:
            point = keysym - _UNICODE
        else:
            return b""
        if 0xD800 <= point <= 0xDFFF:
            return b""
        data = chr(point).encode()
        if self._held(_CONTROL):
            data = _with_control(point, data)
        return b"\x1b" * self._held(_ALT) + data

    def _held(self, keys: frozenset[int]) -> int:
        return int(not self._down.isdisjoint(keys))


def _with_control(point: int, plain: bytes) -> bytes:
    """Return what the control key makes of a character (ECMA-48's C0 set), *plain* if nothing."""
    if 0x40 <= point <= 0x7E:
        return bytes([point & 0x1F])
    return {0x20: b"\0", 0x2F: b"\x1f", 0x32: b"\0", 0x3F: b"\x7f", 0x38: b"\x7f"}.get(point, plain)
