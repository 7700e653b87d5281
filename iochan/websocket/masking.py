"""The mask of client frames (RFC 6455, 5.3): XOR with four bytes, by C where ``websockets`` has it."""

from __future__ import annotations

import os

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

__all__ = ["KeyPool", "apply_mask"]

_POOL = 4096


class KeyPool:
    """Masking keys from the system's random source.

    It is asked for 1024 at once: a call for each costs more than masking a small frame.
    """

    __slots__ = ("_at", "_keys")

    def __init__(self) -> None:
        self._keys = b""
        self._at = 0

    def take(self) -> bytes:
        """Return a key that was never used."""
        at = self._at
        if at == len(self._keys):
            self._keys = os.urandom(_POOL)
            at = 0
        self._at = at + 4
        return self._keys[at : at + 4]
