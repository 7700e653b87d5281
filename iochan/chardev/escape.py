"""The escape key: what a client types for the server and not for the device, as QEMU's Ctrl-A."""

from __future__ import annotations

from typing import Final

from iochan.core.errors import AddressError, show_text

__all__ = ["DEFAULT_ESCAPE", "EscapeFilter", "parse_key", "show_key"]

DEFAULT_ESCAPE: Final = 0x01
"""Ctrl-A, as QEMU's ``mux`` has it."""

_NAMES: Final = {"none": None, "off": None}


def parse_key(text: str) -> int | None:
    """Return the byte of a key such as ``^A``, ``ctrl-a`` or ``~``; None for ``none``.

    Raises:
        AddressError: It is no key.
    """
    lowered = text.lower()
    if lowered in _NAMES:
        return _NAMES[lowered]
    name = (
        lowered.removeprefix("ctrl-") if lowered.startswith("ctrl-") else text[1:] if text[:1] == "^" else ""
    )
    if len(name) == 1 and "@" <= name.upper() <= "_":
        return ord(name.upper()) - 0x40
    if len(text) == 1 and "!" <= text <= "~" and text != "^":
        return ord(text)
    message = f"escape: {show_text(text)} is no key: write one such as ^A or ~, or none"
    raise AddressError(message)


def show_key(key: int | None) -> str:
    """Return how *key* is written, which `parse_key` reads back."""
    if key is None:
        return "none"
    return f"^{chr(key + 0x40)}" if key < 0x20 else chr(key)


class EscapeFilter:
    """Takes commands, the escape key and one more, out of what is typed.

    The key typed twice stands for itself. A key and its command may come in two pieces.

    Args:
        key: The escape key; None passes everything.
    """

    __slots__ = ("_pending", "key")

    def __init__(self, key: int | None = DEFAULT_ESCAPE) -> None:
        self.key = key
        self._pending = False

    def feed(self, data: bytes) -> list[bytes | int]:
        """Return what *data* has in its order: bytes for the device, and commands as numbers."""
        key = self.key
        if key is None or (key not in data and not self._pending):
            return [data]
        found: list[bytes | int] = []
        plain = bytearray()
        for byte in data:
            if self._pending:
                self._pending = False
                if byte == key:
                    plain.append(byte)
                    continue
                if plain:
                    found.append(bytes(plain))
                    plain.clear()
                found.append(byte)
            elif byte == key:
                self._pending = True
            else:
                plain.append(byte)
        if plain:
            found.append(bytes(plain))
        return found
